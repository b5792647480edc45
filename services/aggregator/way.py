"""The side path of a message's way: from the broker into the documents and the policies' data.

A batch is applied as one, so each of its messages gets the same steps: the batch's. The hops up to the broker are told
here and nowhere else: of all readers the aggregator alone reads every record, because it goes on where it had stopped.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from services import tracing
from services.captured import Captured, Reader, Record


class Way:
    """The messages of the batch in hand, and what was done with it."""

    def __init__(self) -> None:
        self._reader = Reader(tells_capture=True)
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
            project = captured.context("project")
            whole = {**captured.attributes, "messaging.operation.type": "process"}
            tracing.tell("project", tracing.CONSUMER, project, captured.produced, received_ns, ended_ns, whole)
            for name, began_ns, done_ns in self._steps:
                about: tracing.Attributes = {tracing.MESSAGE_ID: captured.message_id}
                about["veigo.batch.messages"] = len(self._messages)
                tracing.tell(name, tracing.CLIENT, captured.context(name), project, began_ns, done_ns, about)
        self._messages.clear()
        self._steps.clear()
