"""A run that was cut short does not pass for a whole one."""

import pytest

from veigo.checkers.run_finished import MARKS, RunFinished
from veigo.verdict import Verdict

check = RunFinished().check


def test_a_whole_run_is_acquitted(story):
    assert check(story.marks(*MARKS).ledger()).verdict == Verdict.HOLDS


def test_an_empty_history_is_inconclusive(story):
    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize("missing", MARKS)
def test_a_run_that_misses_a_mark_is_inconclusive(story, missing):
    finding = check(story.marks(*(mark for mark in MARKS if mark != missing)).ledger())

    assert finding.verdict == Verdict.INCONCLUSIVE
    assert missing in finding.summary


def test_an_interrupted_run_is_inconclusive_even_if_it_wrote_everything_down(story):
    assert check(story.marks(*MARKS, "interrupted").ledger()).verdict == Verdict.INCONCLUSIVE
