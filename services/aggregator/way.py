"""The side path of a message's way: from the broker into the documents and the policies' data.

A batch is applied as one, so each of its messages gets the same steps: the batch's. The hops up to the broker are told
here and nowhere else: of all readers the aggregator alone reads every record, because it goes on where it had stopped.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from services import finished_spans
from services.captured import Reader, Record, projected_in, tell_redelivered

if TYPE_CHECKING:
    from spans.hops import Projected


class Way:
    """The messages of the batch in hand, and what was done with it."""

    def __init__(self) -> None:
        self._reader = Reader()
        self._messages: list[Projected] = []
        self._steps: list[tuple[str, int, int]] = []

    def read(self, records: Iterable[Record]) -> None:
        """Take the messages among these records in; there are as many at most as a batch has records."""
        received_ns = time.time_ns()
        for record in records:
            one = projected_in(record, received_ns)
            if one is None:
                continue
            if self._reader.is_new(one.room_id, one.sequence):
                self._messages.append(one)
            else:
                tell_redelivered(one.place, one.message_id, one.written_id, one.trace_id, received_ns)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Note when something was done with the batch."""
        began_ns = time.time_ns()
        yield
        self._steps.append((name, began_ns, time.time_ns()))

    def applied(self) -> None:
        """Tell, and be ready for the next batch."""
        ended_ns, batch = time.time_ns(), len(self._messages)
        for one in self._messages:
            one.ended_ns, one.steps, one.batch = ended_ns, self._steps, batch
            finished_spans.tell(one)
        self._messages.clear()
        self._steps.clear()
