"""What cannot be run is refused in a sentence and exits with 2; plans and exports are made without a stack."""

import json
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from veigo.cli import app
from veigo.commands.chaos.ground import Ground
from veigo.commands.chaos.stands import Session
from veigo.report_card import TrialResult, card_of, read_json, write_json
from veigo.stack.problem import StackError
from veigo.trial_figures import Figures
from veigo.verdict import Finding, Verdict

CHAOS = Path(__file__).parents[4] / "chaos"


def chaos(*arguments):
    return CliRunner().invoke(app, ["chaos", *arguments])


def test_every_experiment_is_listed_with_its_sentence():
    listed = json.loads(chaos("list", "--json", "--from", str(CHAOS)).stdout)

    assert {path.stem for path in CHAOS.glob("*.py")} == set(listed)
    assert all(sentence.endswith(".") for sentence in listed.values())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["plan", "sun_shines"], "no experiment is called sun_shines"),
        (["run", "sun_shines"], "no experiment is called sun_shines"),
        (["export", "sun_shines"], "no experiment is called sun_shines"),
        (["list", "--from", "/nowhere"], "there are no experiments in /nowhere"),
        (["run", "--from", "/nowhere"], "there are no experiments in /nowhere"),
        (["report", "--into", "/nowhere"], "no chaos run is in /nowhere"),
        (["report", "/nowhere"], "has no card.json"),
        (["run", "mongo_killed", "--against", "/nowhere.json"], "/nowhere.json is not there to compare with"),
    ],
)
def test_what_is_not_there_exits_with_2_and_says_what_to_do(arguments, sentence, monkeypatch):
    monkeypatch.chdir(CHAOS.parent)
    result = chaos(*arguments)

    assert 2 == result.exit_code
    assert sentence in result.output


def test_the_same_seed_makes_the_same_plan():
    first, second = (chaos("plan", "random_mix", "--seed", "5", "--from", str(CHAOS)) for _ in range(2))

    assert 0 == first.exit_code
    assert first.stdout == second.stdout
    assert "seed 5" in first.stdout


def test_in_full_a_fault_has_its_real_minutes():
    name = "kafka_and_debezium_down_ten_minutes"

    assert "leave it so for 600 s" in chaos("plan", name, "--full", "--from", str(CHAOS)).stdout
    assert "leave it so for 10 s" in chaos("plan", name, "--from", str(CHAOS)).stdout


def test_an_export_has_the_plan_as_its_method_between_hypothesis_and_rollback(tmp_path):
    result = chaos("export", "kafka_killed_under_load", "--from", str(CHAOS), "--into", str(tmp_path))
    document = json.loads((tmp_path / "kafka_killed_under_load.json").read_text())

    assert 0 == result.exit_code
    assert ["every_node_answers", "a_message_goes_all_the_way", "what_was_promised_held"] == [
        probe["provider"]["func"] for probe in document["steady-state-hypothesis"]["probes"]
    ]
    steps = [activity["provider"]["arguments"]["step"] for activity in document["method"]]
    assert list(range(1, 8)) == steps
    assert ["heal_everything"] == [activity["provider"]["func"] for activity in document["rollbacks"]]


def test_a_report_of_a_run_that_proved_nothing_exits_with_2(tmp_path):
    folder = tmp_path / "a-run"
    folder.mkdir()
    write_json(card_of("a-run", "2026-11-25T00:00:00+00:00", "a machine", ()), folder)
    result = chaos("report", "--into", str(tmp_path), "--from", str(tmp_path))

    assert 2 == result.exit_code
    assert "INCONCLUSIVE" in result.stdout
    assert "compared with no other card" in result.stdout
    assert (folder / "card.html").exists()


class Stands:
    """Stacks that come up or do not, by what a stand asks for."""

    def __init__(self, monkeypatch, broken=()):
        self.up = []
        self.down = []
        monkeypatch.setattr(Ground, "under", self.under)
        monkeypatch.setattr(Session, "_try", lambda session, trial, _: session.results.append(result_of(trial)))
        self._broken = broken

    @contextmanager
    def under(self, stand, name, *, keep):
        if str(stand) in self._broken:
            raise StackError("no ports are free")
        self.up.append(str(stand))
        yield SimpleNamespace(stack=None, is_healthy=lambda: True)
        self.down.append((str(stand), keep))


def result_of(trial):
    counts = ("messages", "acknowledged", "refused", "unknown", "delayed", "resumed", "wire_duplicates")
    times = dict.fromkeys(("first_delivery_s", "back_s", "back_after_fault_s", "resumed_s", "late_ms"), 0.5)
    figures = Figures(**dict.fromkeys(counts, 0), **times, traces_complete=1.0, bands=(), latencies=[])
    return TrialResult(
        number=trial.number,
        name=trial.name,
        sentence="",
        fault="",
        model="",
        seed=trial.seed,
        verdict=Verdict.HOLDS,
        findings=(Finding(promise="Nothing is lost", verdict=Verdict.HOLDS, summary="fine"),),
        figures=figures,
        notes=(),
        folder=trial.folder,
        judges=trial.judges,
    )


THREE_STANDS = ("mongo_killed", "kafka_leader_killed", "opa_slow")
BROKERS = "a stack with 3 of kafka"
PROXIES = "a stack with one of each and a proxy in every edge"


def test_only_the_last_stand_is_kept(monkeypatch, tmp_path):
    """The next one is another stack of the same name."""
    stands = Stands(monkeypatch)
    result = chaos("run", *THREE_STANDS, "--keep", "--from", str(CHAOS), "--into", str(tmp_path))

    assert 0 == result.exit_code, result.output
    assert [("a stack with one of each", False), (BROKERS, False), (PROXIES, True)] == stands.down


def test_a_stand_that_cannot_be_had_leaves_the_card_of_the_others(monkeypatch, tmp_path):
    Stands(monkeypatch, broken=[BROKERS])
    result = chaos("run", *THREE_STANDS, "--from", str(CHAOS), "--into", str(tmp_path))
    (card,) = [read_json(path) for path in tmp_path.glob("*/card.json")]

    assert 2 == result.exit_code
    assert f"2 trials on {BROKERS} are left out: no ports are free" in result.output
    assert {"baseline", "mongo_killed", "opa_slow"} == {line.name for line in card.lines}
    assert 2 == card.left_out
