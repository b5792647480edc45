"""The report card of a chaos run: what was broken, whether everything promised held, and how long it took to come back.

`card.json` for programs and `card.html` for people say the same. A line is an experiment, over all its seeds: its
verdict is theirs added up, its times are the slowest seed's, its counts are sums. Of a promise that did not hold
without the fault either, an experiment says nothing: there it is inconclusive.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from veigo.stack.problem import StackError
from veigo.trial_figures import Figures, slowest
from veigo.verdict import Finding, Verdict, combine

BASELINE = "baseline"


class TrialResult(msgspec.Struct, kw_only=True):
    """What one trial came to.

    Attributes:
        judges: of a baseline, the experiments whose promises it had to keep.
        folder: where its history, telemetry, logs and own report are, below the run's folder.
    """

    number: int
    name: str
    sentence: str
    fault: str
    model: str
    seed: int
    verdict: Verdict
    findings: tuple[Finding, ...]
    figures: Figures
    notes: tuple[str, ...]
    folder: str
    judges: tuple[str, ...] = ()


class Line(msgspec.Struct, kw_only=True):
    """An experiment, or the baseline, over all seeds; durations in seconds, the slowest seed's."""

    name: str
    sentence: str
    fault: str
    verdict: Verdict
    why: tuple[str, ...]
    trials: int
    first_delivery_s: float | None
    back_s: float | None
    back_after_fault_s: float | None
    resumed_s: float | None
    messages: int
    acknowledged: int
    refused: int
    unknown: int
    delayed: int
    wire_duplicates: int
    late_ms: float = 0.0
    traces_complete: float | None
    regressions: tuple[str, ...] = ()


class Card(msgspec.Struct, kw_only=True):
    """A whole chaos run, or several of them put together.

    Attributes:
        compared_with: the committed card that this one was held against, if it was.
        left_out: how many trials were planned and not carried out; a run cut short proves nothing as a whole.
    """

    id: str
    started_at: str
    machine: str
    verdict: Verdict
    lines: tuple[Line, ...]
    trials: tuple[TrialResult, ...]
    compared_with: str = ""
    left_out: int = 0

    @property
    def regressions(self) -> tuple[str, ...]:
        """What got worse, each with the experiment's name."""
        return tuple(f"{line.name}: {what}" for line in self.lines for what in line.regressions)


def card_of(run_id: str, started_at: str, machine: str, trials: Sequence[TrialResult], left_out: int = 0) -> Card:
    """Add the trials of a run up, of which so many were left out."""
    names = dict.fromkeys(trial.name for trial in trials)
    lines = tuple(_line([trial for trial in trials if trial.name == name], trials) for name in names)
    verdicts = [line.verdict for line in lines] + [Verdict.INCONCLUSIVE] * bool(left_out)
    return Card(
        id=run_id,
        started_at=started_at,
        machine=machine,
        verdict=combine(verdicts),
        lines=lines,
        trials=tuple(trials),
        left_out=left_out,
    )


def write_json(card: Card, folder: Path) -> Path:
    """Write the card for programs; its path."""
    path = folder / "card.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2))
    return path


def read_json(path: Path) -> Card:
    """Read a card back.

    Raises:
        StackError: the file is no card.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except msgspec.MsgspecError as error:
        raise StackError(f"{path} is no report card of this version ({error}); run the experiments again") from error


def _line(mine: Sequence[TrialResult], trials: Sequence[TrialResult]) -> Line:
    first, figures = mine[0], [trial.figures for trial in mine]
    doubted = _doubted(first.name, trials)
    verdict = combine(_verdict(trial, doubted) for trial in mine)
    return Line(
        name=first.name,
        sentence=first.sentence,
        fault=", ".join(dict.fromkeys(trial.fault for trial in mine)),
        verdict=verdict,
        why=(*_doubts(doubted), *_why(mine)),
        trials=len(mine),
        first_delivery_s=slowest(one.first_delivery_s for one in figures),
        back_s=slowest(one.back_s for one in figures),
        back_after_fault_s=slowest(one.back_after_fault_s for one in figures),
        resumed_s=max((one.resumed_s for one in figures if one.resumed_s is not None), default=None),
        messages=sum(one.messages for one in figures),
        acknowledged=sum(one.acknowledged for one in figures),
        refused=sum(one.refused for one in figures),
        unknown=sum(one.unknown for one in figures),
        delayed=sum(one.delayed for one in figures),
        wire_duplicates=sum(one.wire_duplicates for one in figures),
        late_ms=max(one.late_ms for one in figures),
        traces_complete=min((one.traces_complete for one in figures if one.traces_complete is not None), default=None),
    )


def _why(mine: Iterable[TrialResult]) -> tuple[str, ...]:
    """What did not hold, each once, with the seed it was seen under."""
    return tuple(
        f"seed {trial.seed}: {finding.promise}: {finding.summary}"
        for trial in mine
        for finding in trial.findings
        if finding.verdict is not Verdict.HOLDS
    )


def _doubted(name: str, trials: Iterable[TrialResult]) -> dict[str, Finding]:
    """The promises of which an experiment says nothing, as they did not hold without its fault either."""
    return {
        finding.promise: finding
        for trial in trials
        if trial.name == BASELINE and name in trial.judges
        for finding in trial.findings
        if finding.verdict is not Verdict.HOLDS
    }


def _doubts(doubted: Mapping[str, Finding]) -> tuple[str, ...]:
    return tuple(f"without the fault, too: {promise}: {calm.summary}" for promise, calm in doubted.items())


def _verdict(trial: TrialResult, doubted: Mapping[str, Finding]) -> Verdict:
    """A trial's verdict, where a doubted promise proves nothing either way."""
    if not doubted:
        return trial.verdict
    doubts = [Verdict.INCONCLUSIVE]
    return combine(doubts + [finding.verdict for finding in trial.findings if finding.promise not in doubted])
