"""One real stack for all contracts, what was seen of each, and the table that says so at the end."""

import asyncio
import json
import os
import signal
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from graphql import build_schema
from hypothesis import HealthCheck, settings
from rich.console import Console
from rich.table import Table

import live.conftest as live
from live.conftest import http, newcomer, person, stack  # noqa: F401 - fixtures
from protos.veigo.aggregator.v1 import aggregator_pb2
from protos.veigo.authentication.v1 import authentication_pb2
from protos.veigo.chat.v1 import chat_pb2
from stack.services import INBOX_BESIDE
from stack.time_machine import TimeMachine
from veigo.contracts import rpc_recorder
from veigo.contracts.cases import loaded
from veigo.contracts.cast import Cast
from veigo.contracts.coverage import Coverage
from veigo.contracts.graphql_recorder import GraphQLRecorder
from veigo.stack.stack import home_folder
from veigo.stack.vault import Secrets

HERE = Path(__file__).parent
PROTOS = (authentication_pb2.DESCRIPTOR, chat_pb2.DESCRIPTOR, aggregator_pb2.DESCRIPTOR)
REFUSALS = loaded(HERE / "grpc" / "refusals.json")
SCHEMA = build_schema((HERE.parent / "services" / "gateway" / "schema.graphql").read_text(encoding="utf-8"))

# A failing example shrinks and is kept in .hypothesis/, from where the next run takes it first; what is printed with it
# (@reproduce_failure) replays it anywhere. `--hypothesis-profile=thorough` looks for longer.
PROFILE = {"deadline": None, "print_blob": True, "suppress_health_check": list(HealthCheck)}  # the recorders time calls
settings.register_profile("contracts", max_examples=15, **PROFILE)
settings.register_profile("thorough", max_examples=2_000, **PROFILE)
settings.load_profile("contracts")

COVERAGE = Coverage()
COVERAGE.excuse(loaded(HERE / "excused.json"))
live.NAME = "contracts"


def pytest_collection_modifyitems(items):
    """What judges all that the others have done comes last, and the gate itself after that."""
    items.sort(key=lambda item: (item.get_closest_marker("gate") is not None, item.path.name == "test_gate.py"))


def pytest_terminal_summary():
    """Print how much of each contract was seen."""
    if not COVERAGE.seen:
        return
    table = Table("contract", "promised", "seen", "excused", "%", title="Contracts on the live stack")
    for kind, promised, seen, excused in COVERAGE.rows():
        table.add_row(kind, str(promised), str(seen), str(excused or ""), f"{100 * seen / (promised - excused):.0f}")
    Console(width=100).print(table)
    for gap in COVERAGE.gaps():
        Console(width=160).print(f"  {gap}", markup=False, highlight=False)


@pytest.fixture(scope="session")
def coverage():
    """What was seen, in this session."""
    return COVERAGE


@pytest.fixture(scope="session")
async def rpc(stack, coverage):  # noqa: F811
    """Call any RPC of the live stack; what is said is held against the contract."""
    host, _, port = stack.nodes["aggregator"].rpartition(":")
    places = {
        "veigo.authentication.v1": stack.nodes["authentication"],
        "veigo.chat.v1": stack.nodes["chat"],
        "veigo.aggregator.v1": f"{host}:{int(port) + INBOX_BESIDE}",
    }
    channels = {package: grpc.aio.insecure_channel(address) for package, address in places.items()}
    methods = rpc_recorder.methods_of(PROTOS)
    rpc_recorder.promise(coverage, methods, REFUSALS)
    yield rpc_recorder.Recorder(methods, channels, coverage)
    for channel in channels.values():
        await channel.close()


@pytest.fixture(scope="session")
async def graphql(stack, http, coverage):  # noqa: F811
    """Call any operation of the live stack; what is said is held against the schema."""
    return GraphQLRecorder(SCHEMA, f"{stack.http}/graphql", http, coverage)


@pytest.fixture
async def time_machine(stack):  # noqa: F811
    """Do to a room's log what only time does."""
    password = Secrets(home_folder() / "stacks" / stack.name / "secrets").password("veigo")
    async with TimeMachine(stack.nodes["postgres"], password) as machine:
        yield machine


@pytest.fixture
def frozen(stack):  # noqa: F811
    """Return the context in which a node's process stands still; it goes on at every exit."""
    nodes = json.loads(live.veigo("status", "--name", stack.name, "--json").stdout)["nodes"]
    processes = {node["name"]: node["pid"] for node in nodes}

    @contextmanager
    def standing_still(name):
        os.kill(processes[name], signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(processes[name], signal.SIGCONT)

    return standing_still


@pytest.fixture
def until():
    """Return the function that asks until there is an answer, for a bounded time."""

    async def asked(question, within_s=15.0):
        async with asyncio.timeout(within_s):
            while not (answer := await asyncio.to_thread(question)):  # noqa: ASYNC110 - it is asked
                await asyncio.sleep(0.1)
        return answer

    return asked


@pytest.fixture(scope="session")
async def cast(rpc):
    """The people and rooms that cases speak of."""
    return await Cast.assembled(rpc)
