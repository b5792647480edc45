"""How the histories of several processes become one: one clock, and no number twice. Pure.

Processes of one machine share its clocks. Another machine's are set right by the shortest of some round trips: whoever
asks knows the other's time to half of what it took to ask (Cristian, "Probabilistic clock synchronization", 1989).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from veigo.history import Frame, GeneratorSecond, Operation, Record, SocketEvent

SOCKETS_OF_A_PROCESS_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Clock:
    """What has to be added to a process's times to make them the master's.

    Attributes:
        ahead_ns: to its monotonic clock.
        ahead_us: to its wall clock.
        uncertain_ns: by how much that may be wrong, either way.
    """

    ahead_ns: int = 0
    ahead_us: int = 0
    uncertain_ns: int = 0


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """A question about the time: when it was asked and answered by one's own clocks, and what the answer was."""

    asked_ns: int
    answered_ns: int
    answered_us: int
    theirs_ns: int
    theirs_us: int


def clock_of(trips: Iterable[RoundTrip]) -> Clock:
    """Set a clock by the shortest of several round trips.

    Raises:
        ValueError: there were none.
    """
    best = min(trips, key=lambda trip: trip.answered_ns - trip.asked_ns, default=None)
    if best is None:
        message = "nobody said what time it is"
        raise ValueError(message)
    half_ns = (best.answered_ns - best.asked_ns) // 2
    return Clock(
        ahead_ns=best.theirs_ns - (best.asked_ns + half_ns),
        ahead_us=best.theirs_us - (best.answered_us - half_ns // 1000),
        uncertain_ns=half_ns,
    )


def fitted(record: Record, clock: Clock, process: int, name: str) -> Record:
    """Give a process's record the master's times, a socket a number of its own in the whole run, a generator its name.

    Where the clock is uncertain an operation is given the longest time that it may have taken. Whoever asks what came
    before what then knows less, and is never wrong.
    """
    match record:
        case Frame() | SocketEvent():
            record.at_ns += clock.ahead_ns
            record.at_us += clock.ahead_us
            record.socket += process * SOCKETS_OF_A_PROCESS_MAX
        case Operation():
            record.started_ns += clock.ahead_ns - clock.uncertain_ns
            record.started_us += clock.ahead_us
            record.ended_ns += clock.ahead_ns + clock.uncertain_ns
            if record.intended_ns is not None:
                record.intended_ns += clock.ahead_ns
        case GeneratorSecond():
            record.process = name
            record.at_ns += clock.ahead_ns
            record.at_us += clock.ahead_us
    return record
