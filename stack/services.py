"""Our five services as nodes: ``python -m services.<name>``, told by their environment where everything is.

Every address comes from ``stack.reach``, so a service can be wired only to what the table gives it an edge to.
"""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from stack import collector, mongo, postgres, rest
from veigo.stack.node import Launch, Node
from veigo.stack.ports import HOST
from veigo.stack.problem import NotReadyError
from veigo.stack.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
HEALTH_WITHIN_S = 2.0
INBOX_OFFSET = 450  # the aggregator's gRPC
SERVING = b"\x08\x01"  # grpc.health.v1.HealthCheckResponse with status SERVING, as it is on the wire


def authentication_environment(stack: Stack) -> dict[str, str]:
    """What authentication is told."""
    return {
        "DATABASE_URL": postgres.dsn(stack, "auth_service", "auth_db", source="authentication"),
        "SIGNING_KEY_FILE": str(stack.secrets.signing_key_file()),
    }


def chat_environment(stack: Stack) -> dict[str, str]:
    """What chat is told."""
    return {
        "DATABASE_URL": postgres.dsn(stack, "chat_service", "chat_db", source="chat"),
        "AUTHENTICATION_ADDRESS": stack.reach("chat", "authentication"),
        "OPA_URL": f"http://{stack.reach('chat', 'opa')}",
    }


def realtime_environment(stack: Stack) -> dict[str, str]:
    """What realtime is told."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": stack.reach("realtime", "kafka"),
        "CHAT_ADDRESS": stack.reach("realtime", "chat"),
        "AUTHENTICATION_ADDRESS": stack.reach("realtime", "authentication"),
        "OPA_URL": f"http://{stack.reach('realtime', 'opa')}",
        "ACCEPTED_ORIGINS": "*",
    }


def aggregator_environment(stack: Stack) -> dict[str, str]:
    """What the aggregator is told."""
    return {
        "KAFKA_BOOTSTRAP_SERVERS": stack.reach("aggregator", "kafka"),
        "AUTHENTICATION_ADDRESS": stack.reach("aggregator", "authentication"),
        "GRPC_PORT": str(stack.base + INBOX_OFFSET),
        "MONGODB_URL": mongo.url(stack, source="aggregator"),
        "OPA_URL": f"http://{stack.reach('aggregator', 'opa')}",
    }


def inbox_address(stack: Stack) -> str:
    """Where the gateway finds the aggregator's gRPC, which is beside its health page."""
    host, _, _ = stack.reach("gateway", "aggregator").rpartition(":")
    return f"{host}:{stack.base + INBOX_OFFSET}"


def gateway_environment(stack: Stack) -> dict[str, str]:
    """What the gateway is told."""
    return {
        "AUTHENTICATION_ADDRESS": stack.reach("gateway", "authentication"),
        "CHAT_ADDRESS": stack.reach("gateway", "chat"),
        "AGGREGATOR_ADDRESS": inbox_address(stack),
        "REALTIME_ADDRESS": stack.reach("gateway", "realtime"),
        "PLAYGROUND_ASSETS_DIR": str(stack.toolchain.path("graphiql")),
        "ACCEPTED_ORIGINS": "*",
    }


def launcher(name: str, environment: Callable[[Stack], dict[str, str]]) -> Callable[[Stack], Launch]:
    """How a service is started, whichever it is."""

    def launch(stack: Stack) -> Launch:
        own = {"LISTEN_HOST": HOST, "LISTEN_PORT": str(stack.port(name)), "PYTHONUNBUFFERED": "1"}
        own |= collector.environment_of(stack, name, name)
        return Launch((sys.executable, "-m", f"services.{name}"), own | environment(stack), folder=ROOT)

    return launch


def serves_grpc(name: str) -> Callable[[Stack], Awaitable[None]]:
    """A probe: the service says SERVING by the standard health protocol."""

    async def probe(stack: Stack) -> None:
        import grpc

        async with grpc.aio.insecure_channel(stack.address(name)) as channel:
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            answer: bytes = await check(b"", timeout=HEALTH_WITHIN_S)
        if answer != SERVING:
            raise NotReadyError("it answers, but does not serve yet")

    return probe


def serves_http(name: str) -> Callable[[Stack], Awaitable[None]]:
    """A probe: the service's health page answers 200."""

    async def probe(stack: Stack) -> None:
        await rest.request(stack.address(name), "GET", "/healthz")

    return probe


AUTHENTICATION = Node(
    name="authentication",
    does="accounts, sessions and tokens",
    offset=100,
    after=("migrations",),
    launch=launcher("authentication", authentication_environment),
    probe=serves_grpc("authentication"),
)
CHAT = Node(
    name="chat",
    does="profiles, rooms, members and messages",
    offset=200,
    after=("migrations",),
    launch=launcher("chat", chat_environment),
    probe=serves_grpc("chat"),
)
REALTIME = Node(
    name="realtime",
    does="changes, as frames to every member's socket",
    offset=300,
    after=("topics",),
    launch=launcher("realtime", realtime_environment),
    probe=serves_http("realtime"),
)
AGGREGATOR = Node(
    name="aggregator",
    does="changes, as documents and as OPA's data",
    offset=400,
    more_offsets=(INBOX_OFFSET,),
    after=("topics", "mongo", "opa"),
    launch=launcher("aggregator", aggregator_environment),
    probe=serves_http("aggregator"),
)
GATEWAY = Node(
    name="gateway",
    does="GraphQL, the playground and the WebSocket, for everybody outside",
    offset=0,
    launch=launcher("gateway", gateway_environment),
    probe=serves_http("gateway"),
)
