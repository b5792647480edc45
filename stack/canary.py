"""The last job: one real message through port 4000, from the mutation to a member's socket.

Every part can say that it is well while the way through them is not. So a stack counts as up when a message has gone
all the way: GraphQL, gRPC, policy, PostgreSQL, Debezium, Kafka, realtime, socket. It also spares the first user the
cost of everybody's first call.

The canary is a user like any other, with an account and a room of its own that it keeps; `canary.jsonl` in the stack's
folder is the history of its last flight.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from veigo.stack.alarms import Alarms
from veigo.stack.node import Job
from veigo.stack.problem import StackError
from veigo.stack.stack import Stack

# The client is imported where it is used: every command reads the table this job is in, and few ever fly.
if TYPE_CHECKING:
    from veigo.client.graphql import GraphQL
    from veigo.client.session import User
    from veigo.history import Frame, History, Operation

FLIGHT_S_MAX = 30.0  # several times what the slowest machine needed for a first message
PAUSE_S = 0.1  # a refused step has waited for two seconds already


async def run(stack: Stack) -> None:
    """Send one message as a user would and wait for its frame.

    Raises:
        StackError: a step was refused, or the message did not arrive in time.
    """
    from veigo.client.graphql import GraphQL
    from veigo.client.session import StepFailed
    from veigo.history import History

    if lost := Alarms(stack.folder).out_of_place():
        # It could not arrive. The stack comes up all the same, degraded, so that it can be repaired.
        print(f"no canary is sent: {', '.join(sorted(lost))} waits for `veigo repair`", flush=True)  # noqa: T201
        return
    story = stack.folder / "canary.jsonl"
    story.unlink(missing_ok=True)
    base_url = f"http://{stack.address('gateway')}"
    graphql = GraphQL(base_url)
    try:
        async with asyncio.timeout(FLIGHT_S_MAX), History(story) as history:
            await _fly(stack, base_url, graphql, history)
    except StepFailed as failed:
        raise StackError(f"the stack is running, but its first message failed: {failed}; see {story}") from failed
    except TimeoutError:
        raise StackError(
            f"the stack is running, but no message came through within {FLIGHT_S_MAX:g} s; see {story}, "
            "then the logs of connect and realtime"
        ) from None
    finally:
        await graphql.close()


async def _fly(stack: Stack, base_url: str, graphql: "GraphQL", history: "History") -> None:
    from veigo.client.session import User

    message_id = str(uuid.uuid4())
    arrived = asyncio.Event()

    def on_frame(frame: "Frame") -> None:
        if frame.message_id == message_id:
            arrived.set()

    canary = User("Canary", base_url, graphql, history, on_frame)
    password = stack.secrets.password("canary") + "Aa1!"
    await _patiently(lambda: canary.sign_up(_email(password), password, "canary"))
    room = await _room(stack, canary)
    await _patiently(canary.connect)
    try:
        await _patiently(lambda: canary.join(room))
        await _patiently(lambda: canary.send(room, "tweet", message_id))
        await arrived.wait()
    finally:
        await canary.leave()


def _email(password: str) -> str:
    """An address of this harness alone: others may look into the same stack, each with a password of its own."""
    return f"canary-{hashlib.sha256(password.encode()).hexdigest()[:12]}@veigo.test"


async def _patiently(step: Callable[[], Awaitable["Operation"]]) -> "Operation":
    """Take a step again while the stack says that it is not able to yet; `run` bounds how long.

    Change capture that has just started may be seconds behind on a busy machine, and then every decision is stale.
    """
    from veigo.client.session import must

    while True:
        operation = await step()
        if operation.code != "UNAVAILABLE":
            return must(operation)
        await asyncio.sleep(PAUSE_S)


async def _room(stack: Stack, canary: "User") -> str:
    """The canary's room: made at the first flight, used ever after."""
    known = stack.folder / "canary_room"
    if not known.exists():
        created = await _patiently(lambda: canary.create_room("Canary", []))
        known.write_text(created.room or "")
    return known.read_text()


JOB = Job(
    name="canary",
    does="one message through the whole stack",
    run=run,
    after=("gateway", "authentication", "chat", "realtime", "aggregator", "opa", "mongo", "connectors"),
)
