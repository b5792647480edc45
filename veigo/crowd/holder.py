"""One process of a crowd: holds its share of the sockets in one epoll loop, and tells what it sees twice a second.

    python -m veigo.crowd.holder < plan.json

A socket is a file, a few numbers and nothing else; there is no task, buffer or timer for each, so tens of thousands
cost a few megabytes and their pings a few percent of a core. One that is lost on its way is opened anew, some times;
one that is lost later stays lost, and is counted by what ended it.

The plan comes as one line of JSON on standard input, a tally goes out as a line twice a second, and the end of standard
input ends it.
"""

import errno
import os
import resource
import select
import socket
import sys
import time
from collections import deque

import msgspec
import psutil

from veigo.crowd.frames import CLOSE, PING, PONG, TEXT, client_frame, close_code, cut
from veigo.crowd.script import Script
from veigo.crowd.spread import Door, Share, source_and_door
from veigo.crowd.tally import Tally

BIND_ADDRESS_NO_PORT = 24  # IP_BIND_ADDRESS_NO_PORT: the port is chosen at connect, when the other end is known
READ_BYTES = 64 * 1024
TELL_S = 0.5
EVENTS_AT_ONCE = 512
QUOTED_MAX = 200  # bytes of a refusal that are kept
ATTEMPTS_MAX = 5  # to get one socket to where it is settled
AGAIN_S = 1.0  # between two of them
OPENING, SAYING, SETTLED = range(3)


class Plan(msgspec.Struct, frozen=True):
    """What a holder is to do.

    Attributes:
        share: its part of the crowd.
        sources: local addresses to connect from.
        doors: addresses to connect to.
        scripts: what sockets say; socket n says the n-th, and begins anew where they end.
        opening_max: sockets on their way at once.
        settle_s: how long a socket may be on its way.
    """

    share: Share
    sources: tuple[str, ...]
    doors: tuple[Door, ...]
    scripts: tuple[Script, ...]
    opening_max: int
    settle_s: float


class Held:
    """One socket."""

    __slots__ = ("attempt", "began_s", "last", "number", "phase", "rest", "socket", "step")

    def __init__(self, number: int, attempt: int, socket: socket.socket, began_s: float) -> None:
        self.number = number
        self.attempt = attempt
        self.socket = socket
        self.began_s = began_s
        self.phase = OPENING
        self.step = 0  # the one whose answer is waited for
        self.rest = b""  # of a frame that has not come whole
        self.last = 0  # number of the newest marked message


class Holder:
    """All sockets of this process."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._spoken = [script.spoken() for script in plan.scripts]
        self._answers = [script.answered() for script in plan.scripts]
        self._held: dict[int, Held] = {}
        self._opening: deque[Held] = deque()  # those on their way, oldest first, and some that have arrived
        self._on_the_way = 0
        self._next = plan.share.first
        self._again: deque[tuple[float, int, int]] = deque()  # from when on, which socket, at which attempt
        self._epoll = select.epoll()
        self.tally = Tally()

    def run(self) -> None:
        """Open, hold and tell until standard input ends."""
        stdin = sys.stdin.fileno()
        os.set_blocking(stdin, False)
        self._epoll.register(stdin, select.EPOLLIN)
        told_s = 0.0
        while True:
            self._open_more()
            for file, events in self._epoll.poll(TELL_S / 4, EVENTS_AT_ONCE):
                if file == stdin:
                    return
                self._take(file, events)
            now_s = time.monotonic()
            if now_s - told_s >= TELL_S:
                self._give_up_on_the_late(now_s)
                self._tell()
                told_s = now_s

    def _tell(self) -> None:
        self.tally.open = sum(held.phase == SETTLED for held in self._held.values())
        self.tally.memory_bytes = psutil.Process().memory_info().rss
        sys.stdout.buffer.write(msgspec.json.encode(self.tally) + b"\n")
        sys.stdout.buffer.flush()

    # Opening.

    def _open_more(self) -> None:
        end = self._plan.share.first + self._plan.share.sockets
        now_s = time.monotonic()
        while self._on_the_way < self._plan.opening_max:
            if self._again and self._again[0][0] <= now_s:
                _, number, attempt = self._again.popleft()
                self._open(number, attempt)
            elif self._next < end:
                self._open(self._next, 1)
                self._next += 1
            else:
                break

    def _open(self, number: int, attempt: int) -> None:
        source, door = source_and_door(number, self._plan.sources, self._plan.doors)
        opened = socket.socket()
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_IP, BIND_ADDRESS_NO_PORT, 1)
        held = Held(number, attempt, opened, time.monotonic())
        self._held[opened.fileno()] = held
        self._opening.append(held)
        self._on_the_way += 1
        try:
            opened.bind((source, 0))
            opened.connect(door)
        except BlockingIOError:
            pass  # as it must be: the rest comes as an event
        except OSError as error:
            self._lose(held, f"could not connect: {error.strerror}")
            return
        self._epoll.register(opened.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _give_up_on_the_late(self, now_s: float) -> None:
        while self._opening and (
            self._opening[0].phase == SETTLED or self._opening[0].began_s < now_s - self._plan.settle_s
        ):
            late = self._opening.popleft()
            if late.phase != SETTLED and self._held.get(late.socket.fileno()) is late:
                self._lose(late, f"not settled within {self._plan.settle_s:g} s")

    # What comes.

    def _take(self, file: int, events: int) -> None:
        held = self._held.get(file)
        if held is None:
            return
        try:
            if events & select.EPOLLOUT:
                self._connected(held)
            if events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                self._read(held)
        except BlockingIOError:
            self._lose(held, "did not take what was said")
        except OSError as error:
            self._lose(held, errno.errorcode.get(error.errno or 0, "broken"))

    def _connected(self, held: Held) -> None:
        if failed := held.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._lose(held, f"could not connect: {os.strerror(failed)}")
            return
        held.socket.send(self._plan.scripts[held.number % len(self._plan.scripts)].handshake.encode())
        self._epoll.modify(held.socket.fileno(), select.EPOLLIN)

    def _read(self, held: Held) -> None:
        data = held.socket.recv(READ_BYTES)
        if not data:
            self._lose(held, "ended without a Close frame")
            return
        if held.rest:
            data = held.rest + data
        if held.phase == OPENING:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                held.rest = head
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._lose(held, "refused: " + head.split(b"\r\n", 1)[0].decode("latin-1"))
                return
            held.phase = SAYING
            self._say(held)
        frames, held.rest = cut(data)
        for opcode, payload in frames:
            self._hear(held, opcode, payload)

    def _hear(self, held: Held, opcode: int, payload: bytes) -> None:
        self.tally.frames += 1
        if opcode == PING:
            held.socket.send(client_frame(PONG, payload))
            self.tally.pings += 1
        elif opcode == CLOSE:
            self._lose(held, f"closed with {close_code(payload)}: {payload[2:].decode(errors='replace')}")
        elif (answer := self._answers[held.number % len(self._answers)].get(payload)) is not None:
            held.socket.send(answer)
            self.tally.pings += 1
        elif held.phase == SAYING:
            self._answered(held, payload)
        elif opcode == TEXT:
            held.last = self.tally.heard(payload, held.last, time.monotonic_ns())

    def _say(self, held: Held) -> None:
        """Say what can be said without waiting for an answer."""
        script = held.number % len(self._plan.scripts)
        steps, spoken = self._plan.scripts[script].steps, self._spoken[script]
        while held.step < len(steps):
            if spoken[held.step]:
                held.socket.send(spoken[held.step])
            if steps[held.step].until:
                return
            held.step += 1
        held.phase = SETTLED
        self._on_the_way -= 1
        self.tally.settled += 1

    def _answered(self, held: Held, payload: bytes) -> None:
        script = self._plan.scripts[held.number % len(self._plan.scripts)]
        if script.steps[held.step].until.encode() in payload:
            held.step += 1
            self._say(held)
        elif script.refused and script.refused.encode() in payload:
            self._lose(held, "refused: " + payload[:QUOTED_MAX].decode(errors="replace"))

    def _lose(self, held: Held, reason: str) -> None:
        if self._held.pop(held.socket.fileno(), None) is None:
            return
        held.socket.close()
        self.tally.lose(reason)
        if held.phase != SETTLED:
            self._on_the_way -= 1
            if held.attempt < ATTEMPTS_MAX:
                self._again.append((time.monotonic() + AGAIN_S, held.number, held.attempt + 1))
            else:
                self.tally.given_up += 1


def allow_many_files() -> None:
    """Raise this process's limit of open files as far as it may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main() -> None:
    """Hold what standard input asks for."""
    allow_many_files()
    plan = msgspec.json.decode(sys.stdin.buffer.readline(), type=Plan)
    Holder(plan).run()


if __name__ == "__main__":
    main()
