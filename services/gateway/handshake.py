"""The HTTP at the beginning of a WebSocket, as far as the gateway has a say in it. Pure.

GraphQL's WebSockets are the gateway's own. Of all others realtime answers the handshake: token, Origin, key and version
are its to judge. The gateway decides by path whether there is anything to relay, and adds who is asking.
"""

from collections.abc import Collection, Iterable
from http import HTTPStatus
from urllib.parse import unquote

import msgspec

from services.gateway import wording
from services.problems import Code, Problem

GRAPHQL_PATHS = frozenset({"/graphql", "/gql"})

Header = tuple[bytes, bytes]


def refusal_of(path: str) -> Problem | None:
    """Return why nothing is relayed from `path`, which spells GraphQL's otherwise; None when realtime answers."""
    if (unquote(path).rstrip("/") or "/") not in GRAPHQL_PATHS:
        return None
    message = "No WebSocket is served here; GraphQL's is at /graphql, realtime's at /?token=Bearer%20<access token>."
    return Problem(Code.NOT_FOUND, message)


def forwarded_head(method: str, target: bytes, headers: Iterable[Header], client: str | None) -> bytes:
    """Return the request's head as realtime gets it: unchanged, but for the client's address added at the end.

    Args:
        method: of the request.
        target: path and query, as they came.
        headers: names and values, as they came, in their order.
        client: address of whoever sent it, when that is known.
    """
    kept = [(name, value) for name, value in headers if name.lower() != b"x-forwarded-for"]
    chain = [value for name, value in headers if name.lower() == b"x-forwarded-for"]
    if client is not None:
        chain.append(client.encode())
    if chain:
        kept.append((b"x-forwarded-for", b", ".join(chain)))
    lines = [b"%s %s HTTP/1.1\r\n" % (method.encode(), target), *(b"%s: %s\r\n" % header for header in kept), b"\r\n"]
    return b"".join(lines)


def refusal(status: HTTPStatus, problem: Problem) -> bytes:
    """Return a whole HTTP response that refuses, as JSON, after which the connection is closed."""
    body = msgspec.json.encode(wording.refusal(problem))
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n"
        "content-type: application/json\r\n"
        f"content-length: {len(body)}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + body


def origin_is_accepted(accepted: Collection[str], headers: Iterable[Header]) -> bool:
    """Say whether a WebSocket of ours may be opened; whoever sends no Origin is no browser, so nobody was tricked."""
    origins = [value.decode("latin-1") for name, value in headers if name.lower() == b"origin"]
    return "*" in accepted or not origins or (len(origins) == 1 and origins[0] in accepted)
