"""The last hops of a message's way: from the broker to here (dwell), and to every member's socket (fan-out).

The fan-out is one span however many members there are; of every eighth message one recipient gets a span as a sample.
When exactly each of them had it, only they can say.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Protocol, Self

from services import finished_spans
from services.access_tokens import AccessToken
from services.captured import ROOMS_MAX, Reader, Record, place_of, tell_redelivered
from services.realtime import records
from services.realtime.records import RoomEvent, SessionEnded, UnreadableError
from services.trace_context import context_in
from spans.hops import FannedOut, Hops
from spans.told import MESSAGE_ID, PRODUCER, REPLAYED, Told, TracePart

SAMPLED_ONE_IN = 8  # messages have a recipient that gets a span


class Recipient(Protocol):
    """A socket, as far as it matters here."""

    access: AccessToken


class FanOut:
    """One message being handed to its members; entered around whatever does it, and told when that is done."""

    __slots__ = ("_seen", "_token")

    def __init__(self, seen: FannedOut) -> None:
        self._seen = seen
        self._token: Token[FanOut | None] | None = None

    def handed(self, recipients: Sequence[Recipient]) -> None:
        """Count them in; called when the last of them was written to."""
        seen = self._seen
        seen.recipients += len(recipients)
        is_sampled = int(seen.trace_id[-2:], 16) % SAMPLED_ONE_IN == 0
        if is_sampled and seen.sampled is None and recipients:
            seen.sampled = (recipients[0].access.account_id, time.time_ns())

    def __enter__(self) -> Self:
        """Begin."""
        self._token = _under_way.set(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Tell how long the record waited, and how long the handing out took."""
        seen = self._seen
        seen.ended_ns, seen.ok = time.time_ns(), kind is None
        if self._token is not None:
            _under_way.reset(self._token)
        finished_spans.tell(seen)


class _Untold:
    """What is entered around an event nobody traces."""

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, *_: object) -> None:
        """Nothing."""


_UNTOLD = _Untold()
_under_way: ContextVar[FanOut | None] = ContextVar("fan_out", default=None)


class Way:
    """What this process reads."""

    def __init__(self) -> None:
        self._reader = Reader()

    def of(self, record: Record, event: RoomEvent | SessionEnded) -> FanOut | _Untold:
        """The fan-out of what a record says, to be entered around the handing out."""
        if not isinstance(event, RoomEvent) or event.type != records.MESSAGE_CREATED:
            return _UNTOLD
        received_ns = time.time_ns()
        written = context_in(event.traceparent)
        if written is None or not finished_spans.wanted(written):
            return _UNTOLD
        try:
            message_id = records.message_created(event).id
        except UnreadableError:  # whoever hands it out says so
            return _UNTOLD
        place = place_of(record)
        if self._reader.is_new(event.room_id, event.sequence):
            return FanOut(FannedOut(written.trace_id, message_id, place, received_ns))
        tell_redelivered(place, message_id, written.span_id, written.trace_id, received_ns)
        return _UNTOLD


def handed(recipients: Sequence[Recipient]) -> None:
    """Note that these sockets were written to, for whatever is handed out now."""
    under_way = _under_way.get()
    if under_way is not None:
        under_way.handed(recipients)


class Replays:
    """What clients that resumed were given from chat's log: a marked span for each message, however many resumed."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, int] = OrderedDict()

    def given(self, events: Iterable[RoomEvent]) -> None:
        """Tell of the messages among these, which are one room's, in order."""
        if not finished_spans.enabled():
            return
        at_ns = time.time_ns()
        for event in events:
            if event.type == records.MESSAGE_CREATED and event.sequence > self._newest.get(event.room_id, 0):
                self._newest[event.room_id] = event.sequence
                _tell_replay(event, at_ns)
        while len(self._newest) > ROOMS_MAX:
            self._newest.popitem(last=False)


def _tell_replay(event: RoomEvent, at_ns: int) -> None:
    written = context_in(event.traceparent)
    if written is None or not finished_spans.wanted(written):
        return
    message_id = records.message_created(event).id
    again, links = Hops(message_id).span_id(f"replay {finished_spans.node()}"), ((written.trace_id, written.span_id),)
    told = Told("replay", PRODUCER, again, written.span_id, at_ns, at_ns, True, {REPLAYED: True}, links)
    finished_spans.tell(TracePart(written.trace_id, {MESSAGE_ID: message_id}, [told]))
