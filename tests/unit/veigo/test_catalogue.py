"""An experiment is a file: its name says what happens, its docstring the sentence, its `experiment` the rest."""

import ast
from pathlib import Path

import pytest

from veigo.catalogue import chosen, entries
from veigo.experiment import Experiment
from veigo.faults.fault import Fault
from veigo.stack.problem import StackError

FOLDER = Path(__file__).parents[3] / "chaos"
OURS = entries(FOLDER)
LINES_MAX = 40  # one screen


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sun_shines.py").write_text('"""The sun shines:\nnothing happens."""\nexperiment = 1\n')
    (tmp_path / "broken.py").write_text('"""It does not run."""\nraise RuntimeError("no")\n')
    return tmp_path


def test_listing_reads_sentences_and_runs_nothing(folder):
    assert [("broken", "It does not run."), ("sun_shines", "The sun shines: nothing happens.")] == [
        (entry.name, entry.sentence) for entry in entries(folder)
    ]


def test_experiments_come_in_the_order_asked_for_each_once(folder):
    assert ["sun_shines", "broken"] == [entry.name for entry in chosen(folder, ["sun_shines", "broken", "sun_shines"])]


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda folder: chosen(folder, ["rain"]), "no experiment is called rain"),
        (lambda folder: entries(folder / "nowhere"), "there are no experiments"),
        (lambda folder: chosen(folder, ["broken"])[0].load(), "does not run"),
        (lambda folder: chosen(folder, ["sun_shines"])[0].load(), "has no `experiment = Experiment"),
    ],
)
def test_what_is_not_there_or_no_experiment_is_refused_in_a_sentence(folder, act, sentence):
    with pytest.raises(StackError, match=sentence):
        act(folder)


def test_there_are_at_least_fifteen_of_ours_and_the_famous_ones_among_them():
    names = {entry.name for entry in OURS}

    assert len(names) >= 15
    assert {
        "kafka_killed_under_load",
        "debezium_killed_under_load",
        "kafka_and_debezium_down_ten_minutes",
        "realtime_killed_with_500_sockets_resuming",
    } <= names


@pytest.mark.parametrize("entry", OURS, ids=lambda entry: entry.name)
def test_an_experiment_of_ours_is_one_sentence_on_one_screen_and_loads(entry):
    text = entry.path.read_text(encoding="utf-8")
    loaded = entry.load()

    assert isinstance(loaded, Experiment)
    assert isinstance(loaded.drawn(1), Fault)
    assert entry.sentence.endswith(".")
    assert 1 == entry.sentence.count(".")
    assert len(text.splitlines()) <= LINES_MAX


@pytest.mark.parametrize("entry", OURS, ids=lambda entry: entry.name)
def test_an_experiment_of_ours_only_combines_the_vocabulary(entry):
    """No port, no host, no SQL; nothing of ours but the library."""
    tree = ast.parse(entry.path.read_text(encoding="utf-8"))
    imported = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]

    assert imported == {"veigo"}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for text in texts[1:]:
        assert not set(text.split()) & {"SELECT", "INSERT", "UPDATE", "localhost", "127.0.0.1"}
