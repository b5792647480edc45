"""The history of all processes of a load run, written down by the one of them that directs it."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from veigo.history import Mark, Record, now
from veigo.load.gathering import Clock, fitted
from veigo.load.pieces import Receiving, unpacked
from veigo.load.steps import Tally

RECORDS_MAX = 5_000_000  # as many as can be judged


class Archive:
    """Takes records as they come, and keeps none of them in memory."""

    def __init__(self, path: Path, tally: Tally | None = None) -> None:
        """Write into a file, and count along where a tally is given."""
        self.records = 0
        self.dropped = 0  # beyond what can be judged
        self._tally = tally
        self._file = path.open("ab")
        self._encoder = msgspec.json.Encoder()
        self._processes: dict[str, int] = {}
        self._receiving: dict[str, Receiving] = {}
        self._clocks: dict[str, Clock] = {}

    def append(self, record: Record) -> None:
        """Write down one of the director's own."""
        self._write([record])

    def mark(self, name: str, at_ns: int | None = None) -> None:
        """Write down that the run has reached a point, now or at a time that has passed."""
        now_ns, now_us = now()
        at_ns = now_ns if at_ns is None else at_ns
        self._write([Mark(name, at_ns, now_us - (now_ns - at_ns) // 1000)])

    def take(self, process: str, records: list[Record], clock: Clock = Clock()) -> None:  # noqa: B008 - frozen
        """Write down what a process hands in."""
        number = self._processes.setdefault(process, len(self._processes) + 1)
        self._clocks[process] = clock
        for record in records:
            fitted(record, clock, number, f"generator {number}")
        self._write(records)

    def take_piece(self, process: str, number: int, data: bytes, clock: Clock) -> bool:
        """Write down a piece, if it is the next one; say whether it was."""
        if not self.receiving(process).take(number):
            return False
        self.take(process, unpacked(data), clock)
        return True

    def receiving(self, process: str) -> Receiving:
        """What has come of one process."""
        return self._receiving.setdefault(process, Receiving())

    @property
    def uncertain_ms(self) -> float:
        """By how much the least certain clock may be wrong."""
        return max((clock.uncertain_ns for clock in self._clocks.values()), default=0) / 1e6

    @property
    def processes(self) -> int:
        """How many have handed something in."""
        return len(self._processes)

    def flush(self) -> None:
        """See to it that it is on disk."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, records: Iterable[Record]) -> None:
        kept: list[Record] = []
        for record in records:
            if self.records + len(kept) >= RECORDS_MAX:
                self.dropped += 1
                continue
            kept.append(record)
            if self._tally is not None:
                self._tally.note(record)
        self.records += len(kept)
        self._file.write(self._encoder.encode_lines(kept))
