"""What was shown goes on being shown."""

import pytest

from veigo.checkers.never_unshown import NeverUnshown
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = NeverUnshown().check


@pytest.fixture
def read_once(honest):
    """Both messages were shown."""
    return honest.asks("read", "ann", "hall", read=["m2", "m1"], complete=True)


def test_reading_the_same_again_is_acquitted(read_once):
    assert (
        check(read_once.asks("read", "bob", "hall", read=["m2", "m1"], complete=True).ledger()).verdict == Verdict.HOLDS
    )


def test_one_read_is_inconclusive(read_once):
    assert check(read_once.ledger()).verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize("shown", [["m1"], ["m2"], []])
def test_a_message_that_is_gone_is_convicted(read_once, shown):
    finding = check(read_once.asks("read", "bob", "hall", read=shown, complete=True).ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert len(finding.excerpt) == 2


def test_a_page_answers_only_for_what_it_reaches_back_to(read_once):
    """m1 may be on the next page; a hole above the page's oldest may not."""
    assert check(read_once.asks("read", "bob", "hall", read=["m2"], complete=False).ledger()).verdict == Verdict.HOLDS
    assert check(read_once.asks("read", "bob", "hall", read=["m1"]).ledger()).verdict == Verdict.VIOLATED


def test_an_empty_page_that_does_not_say_it_is_the_last_answers_for_nothing(read_once):
    assert check(read_once.asks("read", "bob", "hall", read=[]).ledger()).verdict == Verdict.HOLDS


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.UNKNOWN])
def test_a_deletion_excuses_it_from_when_it_was_asked_for(read_once, outcome):
    read_once.asks("delete", "ann", "hall", message_id="m1", outcome=outcome)
    read_once.asks("read", "bob", "hall", read=["m2"], complete=True)

    assert check(read_once.ledger()).verdict == Verdict.HOLDS


def test_a_deletion_asked_for_later_or_refused_does_not(read_once):
    read_once.asks("delete", "bob", "hall", message_id="m1", outcome=Outcome.FAILED)
    read_once.asks("read", "bob", "hall", read=["m2"], complete=True).asks("delete", "ann", "hall", message_id="m1")

    assert check(read_once.ledger()).verdict == Verdict.VIOLATED


def test_reads_under_way_at_once_may_differ(read_once):
    read_once.asks("read", "bob", "hall", read=["m1"], complete=True, started_ns=1)

    assert check(read_once.ledger()).verdict == Verdict.HOLDS


def test_each_room_is_a_history_of_its_own(read_once):
    read_once.asks("read", "bob", "yard", read=[], complete=True).asks("read", "bob", "yard", read=[], complete=True)

    assert check(read_once.ledger()).verdict == Verdict.HOLDS
