"""How far an application has come in each of its rooms, and what a frame means to somebody who has come that far. Pure.

The server promises every event of a room once and in order on one connection. Across connections the promise is made
here: the next one is asked to go on after the last sequence seen, what comes again all the same is dropped, and a
sequence that is missing is never passed over.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

ENDS = frozenset({"FORBIDDEN", "NOT_FOUND", "INVALID_ARGUMENT"})  # codes of a refusal that asking again does not change


class Kind(StrEnum):
    """What an event tells the application."""

    EVENT = "event"  # of the room's log; `type` is the frame's
    RESET = "reset"  # what it holds of the room cannot be continued: read the room anew
    ENDED = "ended"  # it is not in the room any more, and `reason` says why


@dataclass(frozen=True, slots=True)
class Event:
    """Something an application is told about a room.

    Attributes:
        kind: what it is told.
        room: the room's id.
        sequence: the event's place in the room's log; at a RESET, where it goes on after.
        type: the frame's type, such as MESSAGE.
        payload: the frame's payload.
        reason: why, when there is a reason.
    """

    kind: Kind
    room: str
    sequence: int
    type: str = ""
    payload: dict[str, Any] | None = None
    reason: str = ""


class GapError(Exception):
    """A sequence is missing on this connection; another one, asked to resume, has it."""


@dataclass(slots=True)
class Asked:
    """A room whose join has to be asked for (again), soon or after a while."""

    room: str
    soon: bool


@dataclass(slots=True)
class _Place:
    last: int | None
    joined: bool = False


class _Frame(msgspec.Struct):
    type: str
    payload: list[dict[str, Any]]


_decoder = msgspec.json.Decoder(_Frame)


class Places:
    """The rooms an application wants to be in, and the last sequence it was given of each."""

    def __init__(self) -> None:
        self.repeated = 0  # events that came again and were dropped
        self._places: dict[str, _Place] = {}

    def want(self, room: str, after: int | None = None) -> None:
        """Want a room: its events after a sequence, or those from now on."""
        self._places.setdefault(room, _Place(after))

    def leave(self, room: str) -> None:
        """Want it no more."""
        self._places.pop(room, None)

    def disconnected(self) -> None:
        """The connection is gone, and with it every join."""
        for place in self._places.values():
            place.joined = False

    def is_joined(self, room: str) -> bool:
        """Whether this connection is in the room."""
        return room in self._places and self._places[room].joined

    def is_wanted(self, room: str) -> bool:
        """Whether the room is wanted, and not over."""
        return room in self._places

    def last(self, room: str) -> int | None:
        """The last sequence it was given of a room; None before the first."""
        place = self._places.get(room)
        return None if place is None else place.last

    def joins(self) -> list[bytes]:
        """Return the frames that join every room on a new connection."""
        return [self.join(room) for room in self._places]

    def join(self, room: str) -> bytes:
        """Return the frame that joins a room where it was left."""
        place = self._places.get(room) or _Place(None)
        wish = {"name": room} | ({} if place.last is None else {"after": place.last})
        return msgspec.json.encode({"type": "JOIN_ROOM", "payload": [wish]})

    def take(self, text: bytes) -> Event | Asked | None:
        """Take a frame; return what the application is told, or what to ask for, or None for neither.

        Raises:
            GapError: an event is missing before this one.
        """
        frame = _decoder.decode(text)
        payload = frame.payload[0] if frame.payload else {}
        room = payload.get("roomId")
        place = self._places.get(room) if isinstance(room, str) else None
        if not isinstance(room, str) or place is None:
            return None
        match frame.type:
            case "JOINED":
                self._joined(room, place, payload)
                return None
            case "RESET":
                place.last = int(payload["sequence"])
                return Event(Kind.RESET, room, place.last, frame.type, payload, str(payload.get("reason", "")))
            case "LEFT":  # whether for good is what the next join is answered with
                place.joined = False
                return Asked(room, soon=True)
            case "ERROR":
                return self._refused(room, place, payload)
        sequence = payload.get("sequence")
        if not isinstance(sequence, int) or place.last is None:
            return None
        if sequence <= place.last:
            self.repeated += 1
            return None
        if sequence != place.last + 1:
            raise GapError(f"room {room}: {sequence} came after {place.last}")
        place.last = sequence
        return Event(Kind.EVENT, room, sequence, frame.type, payload)

    def _joined(self, room: str, place: _Place, payload: dict[str, Any]) -> None:
        place.joined = True
        sequence = int(payload["sequence"])
        if place.last is None:
            place.last = sequence
        elif sequence > place.last:
            raise GapError(f"room {room}: joined at {sequence}, after {place.last}")

    def _refused(self, room: str, place: _Place, payload: dict[str, Any]) -> Event | Asked:
        place.joined = False
        if payload.get("code") not in ENDS:
            return Asked(room, soon=False)
        del self._places[room]
        return Event(Kind.ENDED, room, place.last or 0, "ERROR", payload, str(payload.get("reason", "")))
