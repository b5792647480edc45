"""Whether the processes that made the load kept up with themselves, so that what they measured is the stack. Pure.

A process that is short of processor time takes down what it receives too late and says that the stack is slow. Three
signs give it away: its own heartbeat comes late, its sends begin late, and Locust's warning.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from veigo.history import GeneratorSecond

BEAT_EVERY_S = 0.02
TOLERATED_MS = 50.0  # what came in may wait so long for its turn, unless a scene says otherwise
# For a larger share of the time it waited for longer; then more than one in a hundred samples is the generator's own,
# and the 99th percentile, which limits speak of, says nothing.
BLOCKED_SHARE_MAX = 0.01
OVERDUE_SHARE_MAX = 0.05  # of the seconds, in which a send began late; and so many are no pattern yet
OVERDUE_SECONDS = 2
SECONDS_MIN = 2.0  # shorter is not looked at


def doubts(seconds: Iterable[GeneratorSecond], until_ns: int | None = None) -> list[str]:
    """Say in one sentence each which processes were the bottleneck themselves; up to a time, where one is given."""
    by_process: dict[str, list[GeneratorSecond]] = defaultdict(list)
    for second in seconds:
        if until_ns is None or second.at_ns <= until_ns:
            by_process[second.process].append(second)
    return [doubt for process, of_it in sorted(by_process.items()) for doubt in _doubts(process, of_it)]


def blocked_ms(late_ms: float, tolerated_ms: float) -> float:
    """For how much of the time before a heartbeat that came so late, what came in had to wait too long."""
    return max(0.0, late_ms - tolerated_ms)


def _doubts(process: str, seconds: Sequence[GeneratorSecond]) -> Iterable[str]:
    lasted_s = sum(second.seconds for second in seconds)
    if lasted_s < SECONDS_MIN:
        return
    tolerated_ms = seconds[0].tolerated_ms
    share = sum(second.blocked_ms for second in seconds) / 1000 / lasted_s
    if share > BLOCKED_SHARE_MAX:
        worst = max(second.late_ms_max for second in seconds)
        yield (
            f"{process}: for {share:.1%} of {lasted_s:.0f} s whatever came in waited over {tolerated_ms:.0f} ms for its"
            f" turn, {worst:.0f} ms at the worst"
        )
    overdue = sum(second.overdue_ms_max > tolerated_ms for second in seconds)
    if overdue > max(OVERDUE_SECONDS, OVERDUE_SHARE_MAX * len(seconds)):
        yield f"{process}: sends began over {tolerated_ms:.0f} ms late in {overdue} of {len(seconds)} seconds"
    warnings = [second.warning for second in seconds if second.warning]
    if warnings:
        yield f"{process}: {warnings[0]}" + (f", and {len(warnings) - 1} times more" if warnings[1:] else "")
