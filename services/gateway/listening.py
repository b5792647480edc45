"""The rules of one subscription to a room: what of realtime's frames it is told, and from where it goes on. Pure.

Realtime promises every event after the place where it was joined, once and in order. The subscription's promise is the
same, though the socket it comes over may be replaced underneath: it knows the last sequence it passed on, the next
socket is asked for what comes after that, and its JOINED is kept quiet. Should a sequence be skipped all the same, the
subscription ends with an error, because a gap that nobody sees is the one thing it must never have.
"""

from dataclasses import dataclass

from services.gateway import room_frames
from services.gateway.event_types import RoomEvent
from services.gateway.room_frames import Frame
from services.problems import Code, Problem

AGAIN = "subscribe again, with the last sequence you have as `after`"


@dataclass(frozen=True, slots=True)
class Step:
    """What a frame comes to for the subscriber, and whether it is the last they hear."""

    event: RoomEvent
    last: bool = False


class Listening:
    """One subscription's place in its room."""

    def __init__(self, room_id: str, after: int | None) -> None:
        self.room_id = room_id
        self.resuming = False  # on another socket; the subscriber is not to notice
        self._reached = after
        self._joined = False

    @property
    def after(self) -> int | None:
        """What a socket is to be asked for: everything after this; None for everything from now on."""
        return self._reached

    def lost(self) -> None:
        """Note that the socket which carried the room is gone."""
        self.resuming = self._joined

    def take(self, frame: Frame) -> Step | None:
        """Return what to tell the subscriber, if anything.

        Raises:
            Problem: the subscription cannot begin, or not go on.
        """
        if frame.type == room_frames.ERROR:
            raise _problem(frame)
        if frame.type == room_frames.LEFT:
            return Step(room_frames.event(frame), last=True)
        if frame.type in (room_frames.JOINED, room_frames.RESET):
            return self._placed(frame)
        sequence = frame.said.sequence
        if sequence is None or self._reached is None or sequence <= self._reached:
            return None
        if sequence != self._reached + 1:
            raise Problem(Code.UNAVAILABLE, f"Events were missed after {self._reached}; {AGAIN}.")
        self._reached = sequence
        return Step(room_frames.event(frame))

    def _placed(self, frame: Frame) -> Step | None:
        quiet = self.resuming and frame.type == room_frames.JOINED
        self.resuming = False
        self._joined = True
        self._reached = frame.said.sequence
        return None if quiet else Step(room_frames.event(frame))


def _problem(frame: Frame) -> Problem:
    said = frame.said
    code = Code(said.code) if said.code in set(Code) else Code.INTERNAL
    return Problem(
        code, said.reason or "The room cannot be listened to.", "after" if code is Code.INVALID_ARGUMENT else None
    )
