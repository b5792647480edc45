"""The GraphQL door: one operation over HTTP, answered with data or refused with a code.

The connection is kept and shared (one aiohttp session for all users of a run): what is measured is the stack, not the
making of connections.
"""

import itertools
from typing import Any, Self, TypeVar

import aiohttp
import msgspec

from veigo.outcome import Refused

# Wide enough for every user of a demo to be waiting at once; above it a request waits for a connection, and its
# latency, counted from the intended time, says so.
CONNECTIONS_MAX = 256


class Unintelligible(Exception):  # noqa: N818 - what came back, named as what it is
    """An answer that is not GraphQL. Whether the operation took place cannot be known."""


class _Extensions(msgspec.Struct):
    code: str = "UNKNOWN"


class _Error(msgspec.Struct):
    message: str
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


class _Reply(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[_Error] = []


Data = TypeVar("Data", bound=msgspec.Struct)


class GraphQL:
    """The stack's GraphQL endpoint."""

    def __init__(self, *gateways: str, timeout_s: float = 10) -> None:
        """Ask these gateways in turn, given by their URLs (`http://…`)."""
        self._urls = itertools.cycle([f"{gateway.rstrip('/')}/graphql" for gateway in gateways])
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, keepalive_timeout=60),
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def __aenter__(self) -> Self:
        """A door that closes itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close on the way out."""
        await self.close()

    async def execute(
        self,
        document: str,
        variables: dict[str, Any],
        into: type[Data],
        token: str | None = None,
        traceparent: str | None = None,
    ) -> Data:
        """Run one operation and decode its data.

        Raises:
            Refused: the stack answered with a GraphQL error.
            Unintelligible: the answer was no GraphQL.
            aiohttp.ClientError, TimeoutError: there was no answer.
        """
        headers, body = question(document, variables, token, traceparent)
        async with self._http.post(next(self._urls), data=body, headers=headers) as response:
            return data_of(response.status, await response.read(), into)


def question(
    document: str, variables: dict[str, Any], token: str | None, traceparent: str | None
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body that ask for an operation."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"SuperDuperUser {token}"
    if traceparent:
        headers["traceparent"] = traceparent
    return headers, msgspec.json.encode({"query": document, "variables": variables})


def data_of(status: int, body: bytes, into: type[Data]) -> Data:
    """Decode an answer's data, or raise what its errors say."""
    try:
        reply = msgspec.json.decode(body, type=_Reply)
        if reply.errors:
            first = reply.errors[0]
            raise Refused(first.extensions.code, first.message)
        return msgspec.json.decode(reply.data, type=into)
    except msgspec.DecodeError as error:
        # The body stays out of the message: it may hold a token, and messages go into the history.
        message = f"HTTP {status} with {len(body)} bytes that are no answer to the question: {error}"
        raise Unintelligible(message) from error
