"""A load run by hand: Ann says something twenty times a second, Bob hears it, and the generator watches itself."""

from dataclasses import dataclass

from veigo.history import Frame, GeneratorSecond, Mark, Operation, Record, RunStarted
from veigo.load.intended_ids import id_for
from veigo.outcome import Outcome

SECOND_NS = 1_000_000_000
BEGAN_NS = 1_000 * SECOND_NS
LIMITS = {"limit delivered_p99_ms": 100.0, "limit failed_share": 0.0, "limit achieved_share": 0.95}


class _Bits:
    """Random bits that are new each time."""

    def __init__(self) -> None:
        self.count = 0

    def getrandbits(self, _: int) -> int:
        self.count += 1
        return self.count


@dataclass
class Evening:
    """Twenty seconds of it.

    Attributes:
        delivered_ms: how long a message takes to Bob.
        fails_every: one in so many sends is refused.
        stands_still_ms: how long the generator does, every second.
        warning: what Locust says of it.
        steps: in how many steps the load rises, if it does.
        breaks_at_step: from which on nothing is delivered in time; then there are five of them.
    """

    delivered_ms: float = 5
    fails_every: int = 0
    stands_still_ms: float = 0
    warning: str | None = None
    steps: int = 0
    breaks_at_step: int | None = None
    seconds: int = 20
    per_s: int = 20

    def records(self) -> list[Record]:
        """Everything that was written down."""
        steps = 5 if self.breaks_at_step is not None else self.steps
        parameters = {"minutes": self.seconds / 60, **LIMITS, **({"steps": steps} if steps else {})}
        records: list[Record] = [
            RunStarted("r1", "evening", 1, parameters, 0),
            Operation("create_room", "ann", room="hall", members=["ann", "bob"], outcome=Outcome.OK),
            Mark("talk_started", BEGAN_NS, BEGAN_NS // 1000),
            Frame("JOINED", "bob", 1, BEGAN_NS, BEGAN_NS // 1000, room="hall", sequence=0),
        ]
        bits = _Bits()
        for number in range(self.seconds * self.per_s):
            records += self._message(number, bits)
        records += [self._second(number) for number in range(self.seconds)]
        ends_ns = BEGAN_NS + self.seconds * SECOND_NS
        return [*records, *(Mark(name, ends_ns, ends_ns // 1000) for name in ("talk_ended", "drained", "finished"))]

    def _message(self, number: int, bits: _Bits) -> list[Record]:
        at_ns = BEGAN_NS + number * SECOND_NS // self.per_s
        message = id_for(at_ns // 1000, bits)  # type: ignore[arg-type]
        sent = Operation("send", "ann", room="hall", message_id=message, intended_ns=at_ns, sequence=number + 1)
        sent.started_ns, sent.ended_ns, sent.outcome = at_ns, at_ns + 1_000_000, Outcome.OK
        if self.fails_every and number % self.fails_every == 0:
            sent.outcome, sent.code = Outcome.FAILED, "RESOURCE_EXHAUSTED"
            return [sent]
        step = number * 5 // (self.seconds * self.per_s)
        broken = self.breaks_at_step is not None and step >= self.breaks_at_step
        came_ns = at_ns + round((3_000 if broken else self.delivered_ms) * 1e6)
        frame = Frame("MESSAGE", "bob", 1, came_ns, came_ns // 1000, room="hall", sequence=number + 1)
        frame.message_id, frame.sender = message, "ann"
        return [sent, frame]

    def _second(self, number: int) -> GeneratorSecond:
        at_ns = BEGAN_NS + number * SECOND_NS + SECOND_NS // 2
        late_ms = max(2.0, self.stands_still_ms)
        blocked_ms = max(0.0, late_ms - 50)
        return GeneratorSecond(
            "generator 1", at_ns, at_ns // 1000, 2, 1.0, late_ms, 50, blocked_ms, warning=self.warning
        )
