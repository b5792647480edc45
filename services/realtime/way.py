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

from services import tracing
from services.access_tokens import AccessToken
from services.captured import ROOMS_MAX, Captured, Reader, Record, hop_context
from services.realtime import records
from services.realtime.records import RoomEvent

SAMPLED_ONE_IN = 8  # messages have a recipient that gets a span


class Recipient(Protocol):
    """A socket, as far as it matters here."""

    access: AccessToken


class FanOut:
    """One message being handed to its members; entered around whatever does it."""

    def __init__(self, captured: Captured, received_ns: int) -> None:
        self._captured = captured
        self._received_ns = received_ns
        self._recipients = 0
        self._is_sampled = captured.written.trace_id % SAMPLED_ONE_IN == 0
        self._sample: tuple[str, int] | None = None  # whom it was handed to, and when
        self._token: Token[FanOut | None] | None = None
        # Each replica has its own: they all read every record.
        self._dwell = captured.context(f"kafka dwell {tracing.node()}")
        self._fan_out = captured.context(f"fan-out {tracing.node()}")
        self._span = ("fan-out", tracing.CONSUMER, self._fan_out, self._dwell)
        self._place = 0

    def handed(self, recipients: Sequence[Recipient]) -> None:
        """Count them in; called when the last of them was written to."""
        self._recipients += len(recipients)
        if self._is_sampled and self._sample is None and recipients:
            self._sample = (recipients[0].access.account_id, time.time_ns())

    def __enter__(self) -> Self:
        """Begin: tell how long the record waited, and note that it is being handed out."""
        self._token = _under_way.set(self)
        captured = self._captured
        if captured.replayed:
            return self
        about = {**captured.attributes, "messaging.operation.type": "receive", "messaging.operation.name": "poll"}
        appended_ns = captured.appended_ns
        until_ns = max(self._received_ns, appended_ns)
        tracing.tell("kafka dwell", tracing.CONSUMER, self._dwell, captured.produced, appended_ns, until_ns, about)
        # The least there is to say: a note's place is small, and its span will hardly ever be told.
        self._place = tracing.begin(*self._span, self._received_ns, {tracing.MESSAGE_ID: captured.message_id})
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Tell."""
        ended_ns = time.time_ns()
        if self._token is not None:
            _under_way.reset(self._token)
        captured = self._captured
        if captured.replayed:
            return
        shared = {**captured.attributes, "messaging.operation.type": "process", "veigo.recipients": self._recipients}
        tracing.tell(*self._span, self._received_ns, ended_ns, shared, ok=kind is None)
        tracing.forget(self._place)
        if self._sample is not None:
            account_id, at_ns = self._sample
            told = {tracing.MESSAGE_ID: captured.message_id, "veigo.recipient.id": account_id}
            deliver = captured.context(f"deliver {tracing.node()}")
            tracing.tell("deliver", tracing.PRODUCER, deliver, self._fan_out, self._received_ns, at_ns, told)


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
        self._reader = Reader(tells_capture=False)

    def of(self, record: Record) -> FanOut | _Untold:
        """Read a record, and return its fan-out, to be entered around the handing out."""
        received_ns = time.time_ns()
        captured = self._reader.read(record, received_ns)
        return _UNTOLD if captured is None else FanOut(captured, received_ns)


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
        if not tracing.enabled():
            return
        at_ns = time.time_ns()
        for event in events:
            if event.type == records.MESSAGE_CREATED and event.sequence > self._newest.get(event.room_id, 0):
                self._newest[event.room_id] = event.sequence
                _tell_replay(event, at_ns)
        while len(self._newest) > ROOMS_MAX:
            self._newest.popitem(last=False)


def _tell_replay(event: RoomEvent, at_ns: int) -> None:
    written = tracing.context_in(event.traceparent)
    if written is None:
        return
    message_id = records.message_created(event).id
    about: tracing.Attributes = {tracing.MESSAGE_ID: message_id, "veigo.replayed": True}
    again = hop_context(written, message_id, f"replay {tracing.node()}")
    tracing.tell("replay", tracing.PRODUCER, again, written, at_ns, at_ns, about, links=(written,))
