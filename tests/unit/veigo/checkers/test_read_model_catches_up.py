"""The copies end with what PostgreSQL implies."""

import pytest

from veigo.checkers.read_model_catches_up import ReadModelCatchesUp
from veigo.verdict import Verdict

check = ReadModelCatchesUp(within_s=10).check


def test_two_equal_copies_are_acquitted_with_their_times(story):
    finding = check(story.compared("mongodb").compared("opa", after_s=2.5).ledger())

    assert finding.verdict == Verdict.HOLDS
    assert finding.summary == "mongodb 3 equal after 1.0 s, opa 3 equal after 2.5 s"


@pytest.mark.parametrize("compared", [(), ("mongodb",), ("opa",)])
def test_a_copy_nobody_looked_at_is_inconclusive(story, compared):
    for what in compared:
        story.compared(what)

    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_difference_is_convicted(story):
    story.compared("mongodb", wrong=["room hall: members is 2 and not 3"], wrong_total=1).compared("opa")

    assert check(story.ledger()).evidence == ("mongodb: room hall: members is 2 and not 3",)


def test_an_equal_copy_that_came_too_late_is_convicted(story):
    finding = check(story.compared("mongodb").compared("opa", after_s=10.1).ledger())

    assert finding.evidence == ("opa was equal only after 10.1 s; 10 s were allowed",)


def test_the_last_comparison_counts(story):
    story.compared("mongodb", wrong=["not yet"], wrong_total=1).compared("opa").compared("mongodb", after_s=3.0)

    assert check(story.ledger()).verdict == Verdict.HOLDS


@pytest.mark.parametrize("details", [{"moved": 1}, {"equal": 0}])
def test_what_moved_or_was_not_there_proves_nothing(story, details):
    story.compared("mongodb", **details).compared("opa", **details)

    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE
