"""What cannot be run is refused in a sentence and exits with 2; plans and exports are made without a stack."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from veigo.cli import app
from veigo.report_card import card_of, write_json

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
    result = chaos("report", "--into", str(tmp_path), "--against", str(tmp_path / "none.json"))

    assert 2 == result.exit_code
    assert "INCONCLUSIVE" in result.stdout
    assert (folder / "card.html").exists()
