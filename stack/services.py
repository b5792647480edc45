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
INBOX_BESIDE = 50  # how far the aggregator's gRPC, which the gateway dials, is from its health page
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
        "MONGODB_URL": mongo.url(stack, source="aggregator"),
        "OPA_URL": f"http://{stack.reach('aggregator', 'opa')}",
    }


def gateway_environment(stack: Stack) -> dict[str, str]:
    """What the gateway is told."""
    return {
        "AUTHENTICATION_ADDRESS": stack.reach("gateway", "authentication"),
        "CHAT_ADDRESS": stack.reach("gateway", "chat"),
        "AGGREGATOR_ADDRESS": stack.reach("gateway", "aggregator"),
        "REALTIME_ADDRESS": stack.reach("gateway", "realtime"),
        "PLAYGROUND_ASSETS_DIR": str(stack.toolchain.path("graphiql")),
        "ACCEPTED_ORIGINS": "*",
    }


def launcher(
    kind: str, name: str, environment: Callable[[Stack], dict[str, str]], beside: int | None
) -> Callable[[Stack], Launch]:
    """How a service is started, whichever it is; one with a second port is told both."""

    def launch(stack: Stack) -> Launch:
        own = {"LISTEN_HOST": HOST, "LISTEN_PORT": str(stack.port(name)), "PYTHONUNBUFFERED": "1"}
        if beside is not None:
            own["GRPC_PORT"] = str(stack.port(name) + beside)
        own |= collector.environment_of(stack, name, kind)
        return Launch((sys.executable, "-m", f"services.{kind}"), own | environment(stack), folder=ROOT)

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


def service(
    kind: str,
    does: str,
    offset: int,
    environment: Callable[[Stack], dict[str, str]],
    probe: Callable[[str], Callable[[Stack], Awaitable[None]]],
    after: tuple[str, ...] = (),
    beside: int | None = None,
) -> Node:
    """One of our services, which there can be several of; `beside` is how far its second port is from the first."""

    def numbered(number: int) -> Node:
        name = kind if number == 1 else f"{kind}-{number}"
        first = offset + number - 1
        return Node(
            name=name,
            does=does,
            offset=first,
            more_offsets=() if beside is None else (first + beside,),
            after=after,
            launch=launcher(kind, name, environment, beside),
            probe=probe(name),
            replica=numbered,
        )

    return numbered(1)


AUTHENTICATION = service(
    "authentication", "accounts, sessions and tokens", 100, authentication_environment, serves_grpc, ("migrations",)
)
CHAT = service("chat", "profiles, rooms, members and messages", 200, chat_environment, serves_grpc, ("migrations",))
REALTIME = service(
    "realtime", "changes, as frames to every member's socket", 300, realtime_environment, serves_http, ("topics",)
)
AGGREGATOR = service(
    "aggregator",
    "changes, as documents and as OPA's data",
    400,
    aggregator_environment,
    serves_http,
    ("topics", "mongo", "opa"),
    beside=INBOX_BESIDE,
)
GATEWAY = service(
    "gateway",
    "GraphQL, the playground and the WebSocket, for everybody outside",
    0,
    gateway_environment,
    serves_http,
)
