"""How others ask a running runner for something: one JSON line over a Unix socket, one line back.

``{"do": "recover"}``, ``{"do": "start", "node": "kafka"}``, ``{"do": "stop", "node": "kafka", "signal": "SIGKILL"}``,
``{"do": "signal", "node": "kafka", "signal": "SIGSTOP"}``, which is sent and nothing more. A start may add to the
node's ``environment``.
The socket is readable by its owner only. Going down needs no request: that is SIGTERM to the runner.
"""

import asyncio
import contextlib
import hashlib
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec

from veigo.stack.problem import StackError, first_sentence
from veigo.stack.runner import Runner
from veigo.stack.stack import Stack

SOCKET_PATH_BYTES_MAX = 100  # the system's own limit is 104 to 108, depending on which one it is
ANSWER_WITHIN_S = 180.0


def socket_path(stack: Stack) -> Path:
    """Where the runner listens: in the stack's folder, or under the temporary folder when that path is too long."""
    path = stack.folder / "control.sock"
    if len(str(path).encode()) <= SOCKET_PATH_BYTES_MAX:
        return path
    return Path(tempfile.gettempdir()) / f"veigo-{hashlib.sha256(str(path).encode()).hexdigest()[:16]}.sock"


@contextlib.asynccontextmanager
async def listen(runner: Runner) -> AsyncIterator[None]:
    """Answer requests until the context is left."""
    path = socket_path(runner.stack)
    path.unlink(missing_ok=True)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reply: dict[str, str] = {"ok": "done"}
        try:
            await _obey(runner, msgspec.json.decode(await reader.readline(), type=dict[str, Any]))
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            reply = {"error": first_sentence(error)}
        with contextlib.suppress(ConnectionError):
            writer.write(msgspec.json.encode(reply) + b"\n")
            await writer.drain()
            writer.close()

    server = await asyncio.start_unix_server(answer, path)
    path.chmod(0o600)
    try:
        yield
    finally:
        server.close()
        path.unlink(missing_ok=True)


async def _obey(runner: Runner, request: dict[str, Any]) -> None:
    match request:
        case {"do": "recover"}:
            await runner.recover()
        case {"do": "start", "node": str(node)}:
            await runner.start_node(node, request.get("environment", {}))
        case {"do": "stop", "node": str(node)}:
            name = request.get("signal")
            await runner.stop_node(node, signal.Signals[name] if name else None)
        case {"do": "signal", "node": str(node), "signal": str(name)}:
            await runner.signal_node(node, signal.Signals[name])
        case _:
            raise StackError(f"cannot do {request!r}; ask to recover, or to start, stop or signal a node")


async def ask(stack: Stack, **request: str | dict[str, str]) -> None:
    """Ask the stack's runner for something and wait until it is done.

    Raises:
        StackError: there is no runner, or it could not do it; the sentence is the runner's.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(socket_path(stack))
    except OSError as error:
        raise StackError(f"stack {stack.name} has no runner to ask ({error}); start it with `veigo up`") from error
    writer.write(msgspec.json.encode(request) + b"\n")
    try:
        line = await asyncio.wait_for(reader.readline(), ANSWER_WITHIN_S)
    except TimeoutError:
        raise StackError(f"the runner of {stack.name} did not answer within {ANSWER_WITHIN_S:g} s") from None
    finally:
        writer.close()
    if not line:
        raise StackError(f"the runner of {stack.name} ended before it answered; see {stack.log('runner')}")
    if problem := msgspec.json.decode(line, type=dict[str, str]).get("error"):
        raise StackError(problem)
