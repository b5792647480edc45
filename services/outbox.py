"""Finished spans that wait to be sent: in a file, so that a process that is killed takes none of them with it.

    outbox = Outbox.open(folder, before=b'{"resourceSpans":[…"spans":[', after=b"]}]}]}", spans_max=8192)
    outbox.put(b'{"traceId":…},')
    body = outbox.take()  # a whole OTLP request, or None
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
from struct import Struct
from typing import Self

HALF_BYTES = 4 * 1024 * 1024  # some 6,000 spans; beyond, a span is dropped
PRESSING_BYTES = HALF_BYTES // 4  # so much should be sent without waiting for its time
BEGUN_MAX = 256  # spans under way at once whose beginning is noted; of more it is not, and nothing else is lost
BEGUN_BYTES = 640  # of each; ours take some 450
BEFORE_BYTES = 4_096  # of what stands before the spans
LEFT_MAX = 16  # files of the dead that are kept while nobody takes what is in them; of more, the oldest go
SUFFIX = ".outbox"

_LENGTH = Struct("<I")
_BEGUN_AT = 2 * HALF_BYTES  # first what stands before the spans, then a place for each
SIZE = _BEGUN_AT + BEFORE_BYTES + BEGUN_MAX * BEGUN_BYTES  # of the file


class Half:
    """One half: how long it is, and a request that grows; only the brackets after it are missing."""

    def __init__(self, memory: mmap.mmap, begin: int, before: bytes) -> None:
        self.spans = 0
        self._memory, self._begin, self._before = memory, begin, len(before)
        self._data = begin + _LENGTH.size
        self._end = self._data + len(before)
        memory[self._data : self._end] = before
        self.clear()

    def clear(self) -> None:
        """Forget what is in it."""
        self.spans = 0
        self._end = self._data + self._before
        _LENGTH.pack_into(self._memory, self._begin, 0)

    def put(self, span: bytes) -> int:
        """Add a span; how long the half is then, in bytes, or 0 when it does not fit."""
        end = self._end + len(span)
        if end > self._begin + HALF_BYTES:
            return 0
        self._memory[self._end : end] = span
        # Only now does it count: who is killed in between has half a span that nobody reads.
        length = end - self._data
        _LENGTH.pack_into(self._memory, self._begin, length)
        self._end = end
        self.spans += 1
        return length

    def content(self) -> bytes:
        """What is in it."""
        return _content(self._memory, self._begin, HALF_BYTES)


class Begun:
    """Spans that have begun and not ended, each in a place of its own until it ends."""

    def __init__(self, memory: mmap.mmap, before: bytes) -> None:
        self._memory = memory
        _write(memory, _BEGUN_AT, before)
        self._free = [_BEGUN_AT + BEFORE_BYTES + n * BEGUN_BYTES for n in range(BEGUN_MAX)]

    def note(self, span: bytes) -> int:
        """Keep a span as it would be told if it never ended; its place, or 0 when there is none for it."""
        if len(span) > BEGUN_BYTES - _LENGTH.size or not self._free:
            return 0
        place = self._free.pop()
        _write(self._memory, place, span)
        return place

    def forget(self, place: int) -> None:
        """Make room: it has ended."""
        if place:
            _LENGTH.pack_into(self._memory, place, 0)
            self._free.append(place)


class Outbox:
    """The spans of this process. Made by `Outbox.open`."""

    def __init__(self, memory: mmap.mmap, before: bytes, after: bytes, spans_max: int) -> None:
        self.dropped = 0
        self.pressing = threading.Event()
        self._after, self._spans_max = after, spans_max
        self._filling, self._sending = (Half(memory, begin, before) for begin in (0, HALF_BYTES))
        self.begun = Begun(memory, before)
        self._path: Path | None = None
        self._file = -1
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folder: Path | None, before: bytes, after: bytes, spans_max: int) -> Self:
        """Make one in a folder, or without one in memory alone.

        Raises:
            OSError: the folder cannot be written to, or has no room.
        """
        if folder is None:
            return cls(mmap.mmap(-1, SIZE), before, after, spans_max)
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
        outbox = cls(mmap.mmap(file, SIZE), before, after, spans_max)
        outbox._path, outbox._file = path, file
        return outbox

    def put(self, span: bytes) -> None:
        """Add a span, its comma included."""
        with self._lock:
            half = self._filling
            length = half.put(span) if half.spans < self._spans_max else 0
            if not length:
                self.dropped += 1
            elif length > PRESSING_BYTES and not self.pressing.is_set():
                self.pressing.set()

    def take(self) -> bytes | None:
        """Turn the halves round, and return the request that waits, if one does. It stays until it was `sent`."""
        with self._lock:
            self.pressing.clear()
            if not self._filling.spans:
                return None
            self._filling, self._sending = self._sending, self._filling
        return request(self._sending.content(), self._after)

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


def request(content: bytes, after: bytes) -> bytes:
    """Content as a whole request."""
    return content.rstrip(b",") + after


def left_in(folder: Path) -> list[Path]:
    """The files of the dead, the oldest first; of more than `LEFT_MAX` the oldest are deleted."""
    left = sorted(filter(_is_left, folder.glob(f"*{SUFFIX}")))
    for path in left[:-LEFT_MAX]:
        path.unlink(missing_ok=True)
    return left[-LEFT_MAX:]


def requests_in(path: Path, after: bytes) -> list[bytes]:
    """What a dead process left, as requests; what it had begun comes last, when what it had ended is known."""
    try:
        memory = path.read_bytes()
    except FileNotFoundError:
        return []  # somebody else sent it meanwhile
    if len(memory) != SIZE:
        return []
    contents = [_content(memory, begin, HALF_BYTES) for begin in (0, HALF_BYTES)]
    places = range(_BEGUN_AT + BEFORE_BYTES, SIZE, BEGUN_BYTES)
    if begun := b"".join(_content(memory, place, BEGUN_BYTES) for place in places):
        contents.append(_content(memory, _BEGUN_AT, BEFORE_BYTES) + begun)
    return [request(content, after) for content in contents if content]


def _write(memory: mmap.mmap, begin: int, content: bytes) -> None:
    """Write a content and then its length: who is killed in between has written nothing."""
    data = begin + _LENGTH.size
    memory[data : data + len(content)] = content
    _LENGTH.pack_into(memory, begin, len(content))


def _content(memory: mmap.mmap | bytes, begin: int, bytes_max: int) -> bytes:
    length = min(_LENGTH.unpack_from(memory, begin)[0], bytes_max - _LENGTH.size)
    return bytes(memory[begin + _LENGTH.size : begin + _LENGTH.size + length])


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
