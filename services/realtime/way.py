"""The last hops of a message's way: from the broker to here (dwell), and to every member's socket (fan-out).

The fan-out is one span however many members there are; of every eighth message one recipient gets a span as a sample.
When exactly each of them had it, only they can say.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from services import finished_spans
from services.access_tokens import AccessToken
from services.captured import ROOMS_MAX, Captured, Hops, Reader, Record
from services.finished_spans import CONSUMER, MESSAGE_ID, PRODUCER, UNFINISHED, Attributes, Finished, finished
from services.realtime import records
from services.realtime.records import RoomEvent
from services.trace_context import context_in

SAMPLED_ONE_IN = 8  # messages have a recipient that gets a span


class Recipient(Protocol):
    """A socket, as far as it matters here."""

    access: AccessToken


class Own(NamedTuple):
    """Names of hops that each replica has for itself: they all read every record."""

    dwell: str
    fan_out: str
    deliver: str

    @classmethod
    def of(cls, node: str) -> Self:
        """The names at one of them."""
        return cls(f"kafka dwell {node}", f"fan-out {node}", f"deliver {node}")


class FanOut:
    """One message being handed to its members; entered around whatever does it."""

    __slots__ = (
        "_captured",
        "_dwell",
        "_fan_out",
        "_note",
        "_own",
        "_received_ns",
        "_recipients",
        "_sample",
        "_token",
        "_waited",
    )

    def __init__(self, captured: Captured, received_ns: int, own: "Own") -> None:
        self._captured = captured
        self._received_ns = received_ns
        self._own = own
        self._recipients = 0
        self._sample: tuple[str, int] | None = None  # whom it was handed to, and when
        self._token: Token[FanOut | None] | None = None
        self._dwell, self._fan_out = captured.hops.context(own.dwell), captured.hops.context(own.fan_out)
        self._waited: Finished = ()
        self._note = 0

    def handed(self, recipients: Sequence[Recipient]) -> None:
        """Count them in; called when the last of them was written to."""
        self._recipients += len(recipients)
        is_sampled = int(self._fan_out.trace_id[-2:], 16) % SAMPLED_ONE_IN == 0
        if is_sampled and self._sample is None and recipients:
            self._sample = (recipients[0].access.account_id, time.time_ns())

    def __enter__(self) -> Self:
        """Begin: note how long the record waited, and that it is being handed out."""
        self._token = _under_way.set(self)
        captured = self._captured
        if captured.replayed:
            return self
        waited = {**captured.attributes, "messaging.operation.type": "receive", "messaging.operation.name": "poll"}
        above, appended_ns, received_ns = captured.produced.span_id, captured.appended_ns, self._received_ns
        self._waited = finished("kafka dwell", CONSUMER, self._dwell, above, appended_ns, received_ns, waited)
        # The least there is to say: a note's place is small, and its span will hardly ever be told.
        about: Attributes = {MESSAGE_ID: captured.message_id, UNFINISHED: True}
        self._note = finished_spans.begin([self._waited, self._handed_out(received_ns, about, ok=False)])
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Tell."""
        ended_ns = time.time_ns()
        if self._token is not None:
            _under_way.reset(self._token)
        captured = self._captured
        if captured.replayed:
            return
        about = {**captured.attributes, "messaging.operation.type": "process", "veigo.recipients": self._recipients}
        told = [self._waited, self._handed_out(ended_ns, about, ok=kind is None)]
        if self._sample is not None:
            told.append(self._delivered(*self._sample))
        finished_spans.tell(told)
        finished_spans.forget(self._note)

    def _handed_out(self, ended_ns: int, about: Attributes, *, ok: bool) -> Finished:
        above, received_ns = self._dwell.span_id, self._received_ns
        return finished("fan-out", CONSUMER, self._fan_out, above, received_ns, ended_ns, about, ok=ok)

    def _delivered(self, account_id: str, at_ns: int) -> Finished:
        about: Attributes = {MESSAGE_ID: self._captured.message_id, "veigo.recipient.id": account_id}
        deliver, above = self._captured.hops.context(self._own.deliver), self._fan_out.span_id
        return finished("deliver", PRODUCER, deliver, above, self._received_ns, at_ns, about)


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
        self._own = Own.of(finished_spans.node())

    def of(self, record: Record) -> FanOut | _Untold:
        """Read a record, and return its fan-out, to be entered around the handing out."""
        received_ns = time.time_ns()
        captured = self._reader.read(record, received_ns)
        return _UNTOLD if captured is None else FanOut(captured, received_ns, self._own)


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
    about: Attributes = {MESSAGE_ID: message_id, "veigo.replayed": True}
    again, above = Hops(written, message_id).context(f"replay {finished_spans.node()}"), written.span_id
    finished_spans.tell([finished("replay", PRODUCER, again, above, at_ns, at_ns, about, links=(written,))])
