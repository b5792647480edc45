"""One JSON request over HTTP, for probes and jobs: standard library only, in a thread, with a bound."""

import asyncio
import http.client
import json
from typing import Any

from veigo.stack.problem import NotReadyError

WITHIN_S = 5.0


async def request(address: str, method: str, path: str, body: object = None, *, within_s: float = WITHIN_S) -> Any:  # noqa: ANN401 - JSON
    """Ask ``address`` and return the JSON it answers, or None for an empty answer.

    Raises:
        NotReadyError: it answered with an error status.
        OSError: it cannot be reached.
    """
    return await asyncio.to_thread(_request, address, method, path, body, within_s)


def _request(address: str, method: str, path: str, body: object, within_s: float) -> Any:  # noqa: ANN401 - JSON
    connection = http.client.HTTPConnection(address, timeout=within_s)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
    finally:
        connection.close()
    if answer.status >= 300:
        raise NotReadyError(f"{method} {path} was answered {answer.status}: {text[:300]}")
    try:
        return json.loads(text) if text else None
    except json.JSONDecodeError:
        return text
