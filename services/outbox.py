"""Finished spans that wait to be sent: in a file, so that a process that is killed takes none of them with it.

    outbox = Outbox.open(folder, packed(Teller(…)), spans_max=8192)
    outbox.put(packed(TracePart(…, [span, another])), 2)
    body = outbox.take()  # packed spans (`spans/packed.py`), or None
    outbox.sent()

The file is mapped into memory, so to put a span there is to copy it, and what was copied stays when the process is
gone: the system writes it, whoever dies. Whoever starts next in the same folder sends what the dead left (`left_in`).

Of a span that others hang below, the beginning is noted as well (`begun`): a process that dies in the middle of it has
told what came of it already, which without its parent would hang in the air.

There are two halves. One is written to, the other is being sent; `take` turns them round. A half that fills up is
`pressing`, and one that is full takes no more: such spans are counted and lost, and nobody waits.
"""

import fcntl
import mmap
import os
import threading
import time
from pathlib import Path
from typing import Self

from spans.packed import LENGTH, NO_MORE, framed, frames_in, is_readable

HALF_BYTES = 2 * 1024 * 1024  # some 8,000 spans; beyond, a span is dropped
PRESSING_BYTES = HALF_BYTES // 4  # so much should be sent without waiting for its time
BEGUN_MAX = 256  # spans under way at once whose beginning is noted; of more it is not, and nothing else is lost
BEGUN_BYTES = 768  # of each; ours take 150 to 300
LEFT_MAX = 16  # files of the dead that are kept while nobody takes what is in them; of more, the oldest go
SUFFIX = ".outbox"

_BEGUN_AT = 2 * HALF_BYTES  # a place for each
SIZE = _BEGUN_AT + BEGUN_MAX * BEGUN_BYTES  # of the file


class Half:
    """One half: a body that grows."""

    def __init__(self, memory: mmap.mmap, begin: int, teller: bytes) -> None:
        self._memory, self._begin = memory, begin
        frame = framed(teller)
        memory[begin : begin + len(frame)] = frame
        self._data = begin + len(frame)
        self.clear()

    def clear(self) -> None:
        """Forget what is in it."""
        self.spans, self._end = 0, self._data
        self._memory[self._data : self._data + LENGTH.size] = NO_MORE

    def put(self, told: bytes, spans: int) -> int:
        """Add spans that are told together; how much is filled then, in bytes, or 0 when they do not fit."""
        frame, begin = framed(told) + NO_MORE, self._end
        end = begin + len(frame)
        if end > self._begin + HALF_BYTES:
            return 0
        self._memory[begin:end] = frame
        self._end = end - LENGTH.size  # the next one goes where there is no more
        self.spans += spans
        return self._end - self._begin

    def body(self) -> bytes:
        """What is in it."""
        return self._memory[self._begin : self._end]


class Begun:
    """Spans that have begun and not ended, each in a place of its own until it ends."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self._free = [_BEGUN_AT + n * BEGUN_BYTES for n in range(BEGUN_MAX)]

    def note(self, told: bytes) -> int:
        """Keep what is to be told if it never ends; its place, or 0 when there is none for it."""
        frame = framed(told) + NO_MORE
        if len(frame) > BEGUN_BYTES or not self._free:
            return 0
        place = self._free.pop()
        self._memory[place : place + len(frame)] = frame
        return place

    def forget(self, place: int) -> None:
        """Make room: it has ended."""
        if place:
            self._memory[place : place + LENGTH.size] = NO_MORE
            self._free.append(place)


class Outbox:
    """The spans of this process. Made by `Outbox.open`."""

    def __init__(self, memory: mmap.mmap, teller: bytes, spans_max: int) -> None:
        self.dropped = 0
        self.pressing = threading.Event()
        self._spans_max = spans_max
        self._filling, self._sending = (Half(memory, begin, teller) for begin in (0, HALF_BYTES))
        self.begun = Begun(memory)
        self._path: Path | None = None
        self._file = -1
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path | None, teller: bytes, spans_max: int) -> Self:
        """Make one in a folder, or without one in memory alone.

        Raises:
            OSError: the folder cannot be written to, or has no room.
        """
        if folder is None:
            return cls(mmap.mmap(-1, SIZE), teller, spans_max)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{time.time_ns()}-{os.getpid()}{SUFFIX}"
        draft = path.with_suffix(".draft")
        file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, SIZE)  # all of it now: a full disk later would be a SIGBUS
        except OSError:
            os.close(file)
            draft.unlink()
            raise
        fcntl.flock(file, fcntl.LOCK_EX)  # for as long as we live
        draft.rename(path)
        outbox = cls(mmap.mmap(file, SIZE), teller, spans_max)
        outbox._path, outbox._file = path, file
        return outbox

    def put(self, told: bytes, spans: int) -> None:
        """Add so many spans, packed together."""
        with self._lock:
            half = self._filling
            filled = half.put(told, spans) if half.spans < self._spans_max else 0
            if not filled:
                self.dropped += spans
            elif filled > PRESSING_BYTES and not self.pressing.is_set():
                self.pressing.set()

    def take(self) -> bytes | None:
        """Turn the halves round, and return the body that waits, if one does. It stays until it was `sent`."""
        with self._lock:
            self.pressing.clear()
            if not self._filling.spans:
                return None
            self._filling, self._sending = self._sending, self._filling
        return self._sending.body()

    def sent(self, *, lost: bool = False) -> None:
        """Forget what was taken, because it has arrived, or because nobody takes it."""
        if lost:
            self.dropped += self._sending.spans
        self._sending.clear()

    def close(self) -> None:
        """Leave nothing behind."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._path = None


def left_in(folder: Path) -> list[Path]:
    """The files of the dead, the oldest first; of more than `LEFT_MAX` the oldest are deleted."""
    left = sorted(filter(_is_left, folder.glob(f"*{SUFFIX}")))
    for path in left[:-LEFT_MAX]:
        path.unlink(missing_ok=True)
    return left[-LEFT_MAX:]


def bodies_in(path: Path) -> list[bytes]:
    """What a dead process left, as bodies; what it had begun comes last, when what it had ended is known."""
    try:
        memory = path.read_bytes()
    except FileNotFoundError:
        return []  # somebody else sent it meanwhile
    if len(memory) != SIZE:
        return []
    ended = [list(frames_in(memory[begin : begin + HALF_BYTES])) for begin in (0, HALF_BYTES)]
    places = range(_BEGUN_AT, SIZE, BEGUN_BYTES)
    begun = [frame for place in places for frame in frames_in(memory[place : place + BEGUN_BYTES])]
    tellings = [*ended, [*ended[0][:1], *begun]]  # each begins with who tells
    return [body for frames in tellings if len(frames) > 1 and is_readable(body := b"".join(map(framed, frames)))]


def _is_left(path: Path) -> bool:
    """Whether nobody who lives holds it."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False  # somebody else sent it meanwhile
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(file)
    return True
