"""An experiment: people, something that breaks while they talk, and what must hold all the same. One sentence each.

    \"\"\"Killing chat mid-send loses no acknowledged message and duplicates none.\"\"\"
    experiment = Experiment(
        workload=SendAndRead(rooms=4, senders=8, sends_per_s=60),
        fault=Kill("chat"),
        timing=Timing(fault_s=5),
    )

is a whole file of ``chaos/``. What every experiment is judged by (``HARD``) is not repeated there; ``after`` is what
this one promises beside it, and ``during`` what must have been seen for it to prove anything. The same people also talk
without the fault: where a promise does not hold even then, nothing was learned about the fault.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from veigo.checkers.catalogue import CATALOGUE
from veigo.checkers.checker import Checker
from veigo.checkers.recovers_within import RecoversWithin
from veigo.faults.fault import Fault
from veigo.workloads.send_and_read import SendAndRead

# What every experiment is judged by, wherever the run has anything to do with it. How soon it recovers is a figure that
# depends on the machine; the card is compared for it (card_comparison.py).
HARD: tuple[Checker, ...] = tuple(checker for checker in CATALOGUE if not isinstance(checker, RecoversWithin))

# Faults that are drawn by lot are drawn from the experiment's seed.
Drawn = Callable[[random.Random], Fault]


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each part takes, in seconds.

    Attributes:
        warmup_s: how long all is well before the fault, as the measure of what is well.
        fault_s: how long the fault is left alone once it was felt; 0 heals at once.
        recovery_s: for how long after it was healed the people talk on at most, if it is not as before by then.
        full_s: how long the fault is left alone with ``--full``.
    """

    warmup_s: float = 5.0
    fault_s: float = 5.0
    recovery_s: float = 60.0
    full_s: float | None = None

    def __post_init__(self) -> None:
        if self.warmup_s <= 0 or self.fault_s < 0 or self.recovery_s <= 0:
            message = f"{self!r} cannot be kept: warm-up and recovery take time, and no part takes less than none"
            raise ValueError(message)

    def in_full(self) -> "Timing":
        """The timing for who has the time."""
        return replace(self, fault_s=self.fault_s if self.full_s is None else self.full_s)


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is broken under whom, and what must hold.

    Attributes:
        workload: who talks.
        fault: what breaks; a function of a random generator where it is drawn by lot; None for the baseline.
        timing: for how long.
        during: what must have been seen while it was broken, or the run proves nothing.
        after: what must hold beside what must hold everywhere.
        scale: how many of a node the stack must have, where one will not do, such as ``{"kafka": 3}``.
    """

    workload: SendAndRead
    fault: Fault | Drawn | None
    timing: Timing = Timing()
    during: Sequence[Checker] = ()
    after: Sequence[Checker] = ()
    scale: dict[str, int] = field(default_factory=dict)

    def drawn(self, seed: int) -> Fault | None:
        """The fault that this seed draws."""
        if self.fault is None or isinstance(self.fault, Fault):
            return self.fault
        return self.fault(random.Random(seed))  # noqa: S311 - not a secret

    def needs_proxies(self, seeds: Iterable[int]) -> bool:
        """Whether what any of these seeds draws breaks an edge, which takes a stack with proxies in them."""
        return any(fault is not None and fault.needs_proxies for fault in map(self.drawn, seeds))

    def baseline(self) -> "Experiment":
        """The same without the fault, and without what only a fault can show."""
        return replace(self, fault=None, during=())
