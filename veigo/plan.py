"""What a chaos run will do, step by step, before it does it: planned from a seed, printed as a tree, then carried out.

A run is made of trials, each one experiment under one seed, or the baseline of some: the same people on the same stack
with nothing broken. Experiments that need more than one of a node, or proxies in the edges, stand on a stack made so.
The same experiments and seeds make the same plan, to the last character; golden files hold it to that.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count

from veigo.experiment import Experiment
from veigo.faults.fault import Fault

ALARM_WITHIN_S = 15.0  # longer than is promised, so that a late alarm is told from none


class Does(StrEnum):
    """What a step does."""

    GATHER = "gather"
    WARM_UP = "warm up"
    INJECT = "inject"
    ALARM = "alarm"
    HOLD = "hold"
    HEAL = "heal"
    RECOVER = "recover"
    DRAIN = "drain"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a trial."""

    number: int
    does: Does
    says: str

    @property
    def log(self) -> str:
        """The name of its log file: ``07_heal_chat.log``."""
        words = re.sub(r"[^a-z0-9]+", "_", self.says.split(":")[0].split(",")[0].lower()).strip("_")
        return f"{self.number:02}_{words[:60]}.log"


@dataclass(frozen=True, slots=True)
class Trial:
    """One experiment under one seed; or, with ``judges``, the baseline of several.

    Attributes:
        name: the experiment's, or ``baseline``.
        experiment: what is carried out; its fault is the one that the seed has drawn.
        judges: the experiments whose promises the baseline must keep.
    """

    number: int
    name: str
    seed: int
    experiment: Experiment
    steps: tuple[Step, ...]
    judges: tuple[str, ...] = ()

    @property
    def folder(self) -> str:
        """The name of its folder: ``03_kafka_killed_under_load_seed_1``."""
        return f"{self.number:02}_{self.name}_seed_{self.seed}"

    @property
    def fault(self) -> Fault | None:
        """What is broken."""
        return self.experiment.drawn(self.seed)


@dataclass(frozen=True, slots=True)
class Stand:
    """A stack, by its scale and by what is in its edges, and what is tried on it, one after the other."""

    scale: dict[str, int]
    proxied: bool
    trials: tuple[Trial, ...]

    def __str__(self) -> str:
        more = ", ".join(f"{count} of {node}" for node, count in sorted(self.scale.items()))
        return f"a stack with {more or 'one of each'}{' and a proxy in every edge' if self.proxied else ''}"


@dataclass(frozen=True, slots=True)
class Plan:
    """All trials of a run, stack by stack."""

    stands: tuple[Stand, ...]

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All of them, in the order in which they are carried out."""
        return tuple(trial for stand in self.stands for trial in stand.trials)


def plan_of(experiments: Sequence[tuple[str, Experiment]], seeds: Sequence[int], *, full: bool = False) -> Plan:
    """Plan these experiments under these seeds, each of them with a baseline.

    Experiments with the same people on the same stack share one baseline, under the first seed.
    """
    numbers = count(1)
    timed = [(name, replace(one, timing=one.timing.in_full() if full else one.timing)) for name, one in experiments]
    stands = []
    for scale, proxied in _distinct((one.scale, one.needs_proxies(seeds)) for _, one in timed):
        here = [(name, one) for name, one in timed if (one.scale, one.needs_proxies(seeds)) == (scale, proxied)]
        trials = []
        for workload in _distinct(one.workload for _, one in here):
            alike = [(name, one) for name, one in here if one.workload == workload]
            judges = tuple(name for name, _ in alike)
            baseline = alike[0][1].baseline()
            trials.append(_trial(next(numbers), "baseline", seeds[0], baseline, judges))
            trials += [_trial(next(numbers), name, seed, one) for name, one in alike for seed in seeds]
        stands.append(Stand(scale, proxied, tuple(trials)))
    return Plan(tuple(stands))


def tree(plan: Plan) -> str:
    """Draw a plan as people read it."""
    lines = []
    for stand in plan.stands:
        lines.append(str(stand))
        for trial in stand.trials:
            last = trial is stand.trials[-1]
            first, *steps = tree_of(trial).splitlines()
            lines.append(f"{'└──' if last else '├──'} {first}")
            lines += [f"{'    ' if last else '│   '}{step}" for step in steps]
    return "\n".join(lines) + "\n"


def tree_of(trial: Trial) -> str:
    """Draw one trial."""
    *steps, last = [f"{step.number:02} {step.says}" for step in trial.steps]
    return "\n".join([_title(trial), *(f"├── {step}" for step in steps), f"└── {last}"]) + "\n"


def _title(trial: Trial) -> str:
    of = f" of {', '.join(trial.judges)}" if trial.judges else ""
    return f"{trial.number} {trial.name}{of}, seed {trial.seed}"


def _trial(number: int, name: str, seed: int, experiment: Experiment, judges: tuple[str, ...] = ()) -> Trial:
    fault = experiment.drawn(seed)
    drawn = replace(experiment, fault=fault)
    steps = tuple(Step(at, does, says) for at, (does, says) in enumerate(_steps(drawn, fault), start=1))
    return Trial(number, name, seed, drawn, steps, judges)


def _steps(experiment: Experiment, fault: Fault | None) -> Iterable[tuple[Does, str]]:
    timing, people = experiment.timing, experiment.workload
    yield Does.GATHER, f"gather people: {people.people} sign up, make {people.rooms} rooms and listen in them"
    yield Does.WARM_UP, f"talk for {timing.warmup_s:g} s: {people}"
    if fault is None:
        yield Does.RECOVER, "break nothing: they talk on until the steady state was seen"
    else:
        yield Does.INJECT, f"{fault.name}: until it is felt"
        if fault.unrecoverable:
            yield Does.ALARM, f"wait for the alarm that names the gap, {ALARM_WITHIN_S:g} s at most"
        if timing.fault_s:
            yield Does.HOLD, f"leave it so for {timing.fault_s:g} s"
        yield Does.HEAL, f"heal {' and '.join(fault.nodes)}: {', '.join(_heals(fault))}"
        yield Does.RECOVER, f"recover: they talk on until the steady state is back, {timing.recovery_s:g} s at most"
    yield Does.DRAIN, "fall silent: everybody waits for what they are owed, and reads their rooms"
    yield Does.JUDGE, "judge: what was seen, by PostgreSQL, Kafka, MongoDB, OPA and every socket"


def _heals(fault: Fault) -> list[str]:
    return list(dict.fromkeys(f"{step.do.replace('_', ' ')} {step.what}" for step in fault.heals()))


def _distinct(things: Iterable[object]) -> list:  # type: ignore[type-arg]
    """Each once, in the order in which it first came; scales are dictionaries and cannot be keys."""
    found: list[object] = []
    for thing in things:
        if thing not in found:
            found.append(thing)
    return found
