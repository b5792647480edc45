"""The socket as an AsyncAPI 3 document, made of the structs that frames are encoded from and decoded into.

`python -m services.realtime.frame_contract` prints it. Every example in it was written by the code that writes frames.
Actions are this service's: it sends what clients hear, and receives what they say.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from services.problems import Code, Problem
from services.realtime import event_frames, frames
from services.realtime.records import RoomEvent

ROOM = "01989a4e-7c1b-7d3f-9c55-2f6d7a0e4b11"
SOMEBODY = "01989a4e-1111-7d3f-9c55-2f6d7a0e4b11"
A_MESSAGE = "01989a4f-2222-7d3f-9c55-2f6d7a0e4b11"
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

SAYS = {
    "JOIN_ROOM": "Asks for a room's events: those after the sequence `after`, or those from now on.",
    "LEAVE_ROOM": "Wants no more of a room.",
    "JOINED": "The subscription began: everything after `sequence` follows.",
    "RESET": "What the client holds cannot be continued: read the room anew, up to `sequence`.",
    "MESSAGE": "A message was written.",
    "MESSAGE_EDITED": "A message has other words; `messageSequence` is its own place.",
    "MESSAGE_DELETED": "A message was deleted; `messageSequence` is its own place.",
    "MEMBER_ADDED": "Somebody is a member now.",
    "MEMBER_REMOVED": "Somebody is a member no more.",
    "ROOM_CREATED": "The room was created.",
    "ROOM_UPDATED": "The room is described anew; `privacy` only when it changed.",
    "ROOM_EVENT": "Something that a later version writes; it keeps the sequence dense.",
    "LEFT": "The subscription ended, of itself if there is a `reason`.",
    "ERROR": "What was asked for is not possible; the socket stays.",
}


def document() -> dict[str, Any]:
    """Return the AsyncAPI document."""
    sent = frames.SENT | event_frames.SENT
    messages = {name: _message(name, struct) for name, struct in (frames.RECEIVED | sent).items()}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Veigo's socket",
            "version": "1.0.0",
            "description": "Text frames of JSON, through the gateway, in one envelope for both directions. "
            "Keys and frame types that one side does not know are passed over.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/?token={token}",
                "parameters": {"token": {"description": "An access token after `Bearer ` or `SuperDuperUser `."}},
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": {
            "hear": _operation("receive", frames.RECEIVED),
            "tell": _operation("send", sent),
        },
        "components": {"messages": messages},
    }


def _operation(action: str, names: Mapping[str, object]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": "#/channels/socket"},
        "messages": [{"$ref": f"#/channels/socket/messages/{name}"} for name in names],
    }


def _message(name: str, struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": name,
        "summary": SAYS[name],
        "payload": {
            "type": "object",
            "required": ["type", "payload"],
            "properties": {
                "type": {"const": name},
                "payload": {"type": "array", "minItems": 1, "maxItems": 1, "items": schema_of(struct)},
            },
        },
        "examples": [{"payload": example} for example in examples()[name]],
    }


def schema_of(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return a struct's JSON Schema in one piece. What is left out when it is None is optional, and never null."""
    [schema], parts = msgspec.json.schema_components([struct], ref_template="{name}")
    whole: dict[str, Any] = _whole(schema, parts)
    if struct.__struct_config__.omit_defaults:
        whole["properties"] = {name: _never_null(each) for name, each in whole["properties"].items()}
    return whole


def _whole(schema: dict[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return _whole(parts[schema["$ref"]], parts)
    named = {"title", "description", "default"}  # of Python, and of no use to anybody who reads JSON
    return {key: _inlined(each, parts) for key, each in schema.items() if key not in named or isinstance(each, dict)}


def _inlined(value: object, parts: Mapping[str, Any]) -> object:
    if isinstance(value, list):
        return [_inlined(each, parts) for each in value]
    return _whole(value, parts) if isinstance(value, dict) else value


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return kinds[0] if len(kinds) == 1 else schema


def examples() -> dict[str, list[dict[str, Any]]]:
    """Return frames by type: clients' as they may be written, and ours as the code writes them."""
    words: dict[str, Any] = {"id": A_MESSAGE, "senderId": SOMEBODY, "content": "Hello 👋"}
    named = {"name": "Home", "description": None, "photoPath": None, "privacy": "private"}
    events: list[tuple[str, dict[str, Any]]] = [
        ("message.created", words),
        ("message.edited", words | {"messageSequence": 3}),
        ("message.deleted", {"id": A_MESSAGE, "senderId": SOMEBODY, "messageSequence": 3}),
        ("member.added", {"memberId": SOMEBODY}),
        ("member.removed", {"memberId": SOMEBODY}),
        ("room.created", named),
        ("room.updated", named),
        ("room.painted", {"colour": "green"}),
    ]
    written = [
        frames.joined(ROOM, 2, 2),
        frames.reset(ROOM, 90, 41),
        *(event_frames.frame(_event(sequence, *event)) for sequence, event in enumerate(events, start=3)),
        frames.left(ROOM),
        frames.left(ROOM, 9, "you were removed from this room"),
        frames.error(Problem(Code.FORBIDDEN, "You are not a member of this room."), ROOM),
    ]
    said = [
        {"type": "JOIN_ROOM", "payload": [{"name": ROOM}]},
        {"type": "JOIN_ROOM", "payload": [{"name": ROOM, "after": 17}]},
        {"type": "LEAVE_ROOM", "payload": [{"name": ROOM}]},
    ]
    found: dict[str, list[dict[str, Any]]] = {}
    for frame in [*said, *map(json.loads, written)]:
        found.setdefault(frame["type"], []).append(frame)
    return found


def _event(sequence: int, kind: str, payload: dict[str, Any]) -> RoomEvent:
    return RoomEvent(ROOM, sequence, kind, json.dumps(payload), "2026-01-31T09:30:00.000001Z", TRACEPARENT)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")
