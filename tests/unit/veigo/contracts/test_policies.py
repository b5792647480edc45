"""Policies as contracts: their conventions, and sources with one thing wrong."""

from pathlib import Path

import pytest

from veigo.contracts.linting import conventions
from veigo.contracts.policy_changes import decision_changes
from veigo.contracts.policy_files import policies
from veigo.contracts.rego_mutants import mutants
from veigo.stack.problem import StackError

ROOT = Path(__file__).parents[4]
GOOD = """# METADATA
# title: May they?
# entrypoint: true
package may

import data.rooms

decision := rooms.answer("allow", "member") if rooms.member

else := rooms.answer("deny", "no member")
"""
OTHERWISE = {
    "its package is not may": GOOD.replace("package may", "package might"),
    "is 121 characters long": GOOD + "#" + "x" * 120,
    "asks for more than": GOOD + "\nlate if time.now_ns() > 0\n",
    "not in snake_case": GOOD + "\nisLate if rooms.member\n",
    "more than one `decision`": GOOD + '\ndefault decision := "no"\n',
    "says in no METADATA": GOOD.partition("# entrypoint: true\n")[2],
    "imports send_message": GOOD.replace("import data.rooms", "import data.rooms\nimport data.send_message"),
    "does not use it": GOOD.replace("import data.rooms", "import data.rooms\nimport data.sessions"),
}


class Nobody:
    def askers(self, policy):
        return ("chat",)


def test_a_policy_that_keeps_the_conventions_is_not_talked_about():
    assert [] == list(conventions("may", GOOD))


@pytest.mark.parametrize("said", OTHERWISE)
def test_each_convention_is_held(said):
    assert any(said in finding for finding in conventions("may", OTHERWISE[said]))


def test_every_part_of_a_rule_has_its_mutant():
    whats = [mutant.what for mutant in mutants(GOOD)]

    assert [
        "allow is deny",
        "a condition is negated",
        "a condition is left out",
        "deny is allow",
        "an alternative is left out",
    ] == whats


def test_a_mutant_differs_in_one_line():
    for mutant in mutants(GOOD):
        assert 1 == len(set(GOOD.splitlines()) - set(mutant.source.splitlines()))


def test_an_annotation_that_lacks_something_is_said(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "may.rego").write_text(GOOD)

    with pytest.raises(StackError, match=r"METADATA of may\.rego lacks 'schemas'"):
        policies(tmp_path)


def test_a_decision_that_is_another_is_told_once_for_its_kind():
    recorded = [
        {"policy": "may", "data": "loaded", "input": {"user": who}, "decision": {"outcome": "deny", "data_version": 1}}
        for who in ("ann", "bob")
    ]
    decided = [{"outcome": "allow", "data_version": 1}, {"outcome": "allow", "data_version": 1}]

    [change] = decision_changes(recorded, decided, Nobody())

    assert "decides allow where it decided deny, 2 times, as when asked about user ann" in change.what
    assert ("chat",) == change.affected


def test_decisions_that_are_the_same_are_no_change():
    recorded = [{"policy": "may", "data": "loaded", "input": {}, "decision": {"outcome": "deny"}}]

    assert [] == list(decision_changes(recorded, [{"outcome": "deny"}], Nobody()))
