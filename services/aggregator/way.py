"""The side path of a message's way: from the broker into the documents and the policies' data.

A batch is applied as one, so each of its messages gets the same steps: the batch's. The hops up to the broker are told
here and nowhere else: of all readers the aggregator alone reads every record, because it goes on where it had stopped.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from services import finished_spans
from services.captured import Captured, Reader, Record
from services.finished_spans import CLIENT, CONSUMER, MESSAGE_ID, Attributes, Finished, finished


class Way:
    """The messages of the batch in hand, and what was done with it."""

    def __init__(self) -> None:
        self._reader = Reader()
        self._messages: list[tuple[Captured, int]] = []
        self._steps: list[tuple[str, int, int]] = []

    def read(self, records: Iterable[Record]) -> None:
        """Take the messages among these records in; there are as many at most as a batch has records."""
        received_ns = time.time_ns()
        for record in records:
            captured = self._reader.read(record, received_ns)
            if captured is not None and not captured.replayed:
                self._messages.append((captured, received_ns))

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note when something was done with the batch."""
        began_ns = time.time_ns()
        yield
        self._steps.append((name, began_ns, time.time_ns()))

    def applied(self) -> None:
        """Tell, and be ready for the next batch."""
        ended_ns = time.time_ns()
        for captured, received_ns in self._messages:
            finished_spans.tell([*captured.hops_to_the_broker(), *self._done_with(captured, received_ns, ended_ns)])
        self._messages.clear()
        self._steps.clear()

    def _done_with(self, captured: Captured, received_ns: int, ended_ns: int) -> Iterator[Finished]:
        project, above = captured.hops.context("project"), captured.produced.span_id
        whole = {**captured.attributes, "messaging.operation.type": "process"}
        yield finished("project", CONSUMER, project, above, received_ns, ended_ns, whole)
        about: Attributes = {MESSAGE_ID: captured.message_id, "veigo.batch.messages": len(self._messages)}
        for name, began_ns, done_ns in self._steps:
            step = captured.hops.context(name)
            yield finished(name, CLIENT, step, project.span_id, began_ns, done_ns, about)
