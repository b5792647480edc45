"""What a client may say in graphql-transport-ws, and what is wrong with what is something else. Pure.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from typing import Annotated, Any

import msgspec

from services.problems import Code, Problem

ID_CHARACTERS_MAX = 128  # the server sends it back with every event; clients send UUIDs or numbers

_Id = Annotated[str, msgspec.Meta(max_length=ID_CHARACTERS_MAX)]
_Object = dict[str, Any]


class _ConnectionInit(msgspec.Struct, tag="connection_init"):
    payload: _Object | None = None


class _Ping(msgspec.Struct, tag="ping"):
    payload: _Object | None = None


class _Pong(msgspec.Struct, tag="pong"):
    payload: _Object | None = None


class _Operation(msgspec.Struct, rename="camel"):
    query: str
    variables: _Object | None = None
    operation_name: str | None = None
    extensions: _Object | None = None


class _Subscribe(msgspec.Struct, tag="subscribe"):
    id: _Id
    payload: _Operation


class _Complete(msgspec.Struct, tag="complete"):
    id: _Id


_Message = _ConnectionInit | _Ping | _Pong | _Subscribe | _Complete


def fault_of(message: object) -> str | None:
    """Return what is wrong with a message; None when nothing is."""
    try:
        msgspec.convert(message, _Message)
    except msgspec.ValidationError as error:
        return f"Invalid message: {error}"
    return None


def authorization_in(params: _Object | None, header: str) -> str:
    """Return what a client brought to be let in: with connection_init, or else in the handshake's header.

    Raises:
        Problem: UNAUTHENTICATED; what it brought is not text.
    """
    brought = [value for name, value in (params or {}).items() if name.lower() == "authorization"]
    if len(brought) > 1 or not all(isinstance(value, str) for value in brought):
        message = 'connection_init\'s payload must read {"authorization": "Bearer <access token>"}.'
        raise Problem(Code.UNAUTHENTICATED, message)
    return brought[0] if brought else header
