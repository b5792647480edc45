"""What the harness's users saw, told to the collector while it happens.

Each send is the root of its message's trace; each message on a socket is a delivery. The reporter reads along in the
history, which has all of it, so no user does anything for it. A collector that is away costs the run nothing: what it
does not take within a bound is dropped and counted, and the run's report says so.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import aiohttp
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from spans.told import MESSAGE_ID, ROOM_ID, SENDER_ID
from veigo.history import FaultEvent, FaultStage, Frame, History, Operation, Record
from veigo.outcome import Outcome
from veigo.telemetry import intake
from veigo.telemetry.forwarding import PROTOBUF
from veigo.telemetry.rows import Delivery, Fault
from veigo.telemetry.trace_ids import root_id, trace_id

REPORT_EVERY_S = 0.5
RECORDS_MAX = 5_000  # of one report
SEND_WITHIN_S = 5.0
# Of one report, each after a longer pause, 7 s of pauses in all: a collector that gives way to a busy stack is late and
# not away. One that did not take the last report gets one attempt, so that a collector that is away holds nobody up.
ATTEMPTS_MAX = 8
PAUSE_S = 0.25
NODE = "client"


class Reporter:
    """Reads a growing history and reports it until the context is left, the rest of it included."""

    def __init__(self, history: History, collector_url: str) -> None:
        self.dropped = 0  # records
        self._history = history
        self._url = collector_url.rstrip("/")
        self._reported = 0
        self._is_away = False
        self._faults = Faults()
        self._reporting = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Begin to report."""
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SEND_WITHIN_S))
        self._task = asyncio.create_task(self._for_ever())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Report the rest."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        if self._http is not None:
            await self._http.close()

    async def catch_up(self) -> None:
        """Report everything that was recorded until now."""
        async with self._reporting:
            await self._catch_up()

    async def _catch_up(self) -> None:
        while self._reported < len(self._history.records):
            records = self._history.records[self._reported : self._reported + RECORDS_MAX]
            self._reported += len(records)
            sends, received, broken = sends_in(records), deliveries_in(records), self._faults.told_in(records)
            told = not sends or await self._told("/v1/traces", roots(sends))
            told = (not received or await self._told("/v1/deliveries", intake.report(received))) and told
            told = (not broken or await self._told("/v1/faults", intake.report(broken))) and told
            self.dropped += 0 if told else len(records)

    async def _for_ever(self) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), REPORT_EVERY_S)
            await self.catch_up()

    async def _told(self, path: str, body: bytes) -> bool:
        assert self._http is not None
        for attempt in range(1 if self._is_away else ATTEMPTS_MAX):
            await asyncio.sleep(PAUSE_S * attempt)
            try:
                async with self._http.post(self._url + path, data=body, headers={"Content-Type": PROTOBUF}) as answer:
                    if answer.status < 300:
                        self._is_away = False
                        return True
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
        self._is_away = True
        return False


def sends_in(records: Iterable[Record]) -> list[Operation]:
    """The sends among these records."""
    return [one for one in records if isinstance(one, Operation) and one.name == "send" and one.message_id]


def deliveries_in(records: Iterable[Record]) -> list[Delivery]:
    """The messages that sockets received, among these records."""
    return [
        Delivery(one.message_id, one.user, str(one.socket), one.at_us)
        for one in records
        if isinstance(one, Frame) and one.type == "MESSAGE" and one.message_id
    ]


class Faults:
    """Puts the stages of a fault together, each of which comes by itself."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[str, str], Fault] = {}

    def told_in(self, records: Iterable[Record]) -> list[Fault]:
        """The faults these records tell of, as far as they have come; what is told again completes it."""
        told: dict[tuple[str, str], Fault] = {}
        for event in records:
            if not isinstance(event, FaultEvent) or event.stage is FaultStage.HEALING:
                continue
            for node in event.nodes:
                key = event.fault, node
                told[key] = self._under_way[key] = self._gone_on(key, event)
        return list(told.values())

    def _gone_on(self, key: tuple[str, str], event: FaultEvent) -> Fault:
        if event.stage is FaultStage.INJECTED or key not in self._under_way:
            return Fault(*key, event.at_us)
        before = self._under_way[key]
        if event.stage is FaultStage.FELT:
            return before._replace(felt_us=event.at_us)
        return before._replace(healed_us=event.at_us)


def roots(sends: Iterable[Operation]) -> bytes:
    """Sends as the roots of their traces, from when each was meant to be sent; a failed one failed."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for key, value in (("service.name", "veigo-harness"), ("service.instance.id", NODE)):
        resource_spans.resource.attributes.add(key=key).value.string_value = value
    spans = resource_spans.scope_spans.add().spans
    for send in sends:
        message_id = send.message_id or ""
        late_us = 0 if send.intended_ns is None else (send.started_ns - send.intended_ns) // 1000
        began_us = send.started_us - late_us
        ended_us = send.started_us + (send.ended_ns - send.started_ns) // 1000
        span = spans.add(
            trace_id=bytes.fromhex(trace_id(message_id)),
            span_id=bytes.fromhex(root_id(message_id)),
            name="CreateMessage",
            kind=trace_pb2.Span.SpanKind.SPAN_KIND_CLIENT,
            start_time_unix_nano=began_us * 1000,
            end_time_unix_nano=ended_us * 1000,
        )
        told = {MESSAGE_ID: message_id, ROOM_ID: send.room or "", SENDER_ID: send.user}
        for key, value in told.items():
            span.attributes.add(key=key).value.string_value = value
        span.attributes.add(key="veigo.late_us").value.int_value = late_us
        if send.outcome is not Outcome.OK:
            span.status.code = trace_pb2.Status.STATUS_CODE_ERROR
            span.attributes.add(key="error.type").value.string_value = send.code or str(send.outcome)
    return request.SerializeToString()
