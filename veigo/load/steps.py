"""What each step of a rising load was met with, counted while the history comes in. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from veigo.history import Frame, GeneratorSecond, Operation, Record
from veigo.latency import percentile
from veigo.load.intended_ids import intended_us
from veigo.load.keeping_up import doubts
from veigo.load.knee import Step
from veigo.outcome import Outcome


@dataclass(slots=True)
class Tally:
    """Counts of a run, by whole seconds of the monotonic clock in which a message was meant."""

    offered: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    achieved: dict[int, int] = field(default_factory=lambda: defaultdict(int))  # by when it was acknowledged
    delivered_ms: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: list[GeneratorSecond] = field(default_factory=list)

    def note(self, record: Record) -> None:
        """Count one record."""
        match record:
            case Operation(name="send", intended_ns=int(meant_ns)):
                self.offered[meant_ns // 1_000_000_000] += 1
                if record.outcome is Outcome.OK:
                    self.achieved[record.ended_ns // 1_000_000_000] += 1
            case Frame(type="MESSAGE", message_id=str(message_id)):
                if (meant_us := intended_us(message_id)) is not None:
                    took_ms = (record.at_us - meant_us) / 1000
                    self.delivered_ms[(record.at_ns - round(took_ms * 1e6)) // 1_000_000_000].append(took_ms)
            case GeneratorSecond():
                self.seconds.append(record)

    def steps(self, began_ns: int, ends_s: Sequence[float]) -> list[Step]:
        """What the run was met with from each end of a step to the next, in seconds since its beginning."""
        found = []
        low = began_ns
        for end_s in ends_s:
            high = began_ns + round(end_s * 1e9)
            found.append(self._step(low, high))
            low = high
        return found

    def _step(self, low_ns: int, high_ns: int) -> Step:
        first, last = -(-low_ns // 1_000_000_000), high_ns // 1_000_000_000
        whole = range(first, last)  # seconds that lie within the step
        seconds = max(1, len(whole))
        delivered = sorted(took_ms for second in whole for took_ms in self.delivered_ms.get(second, ()))
        offered = sum(self.offered.get(second, 0) for second in whole)
        within = [second for second in self.seconds if low_ns <= second.at_ns < high_ns]
        return Step(
            offered_per_s=offered / seconds,
            achieved_per_s=sum(self.achieved.get(second, 0) for second in whole) / seconds,
            p99_ms=percentile(delivered, 99),
            messages=offered,
            generator_kept_up=not doubts(within),
        )
