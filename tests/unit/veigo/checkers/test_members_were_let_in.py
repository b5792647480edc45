"""Whatever a member asked for was done."""

from veigo.checkers.members_were_let_in import MembersWereLetIn
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = MembersWereLetIn().check


def test_an_honest_run_is_acquitted(honest):
    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_nobody_asked_is_inconclusive(story):
    assert check(story.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_refuses_a_member_is_convicted(honest):
    honest.asks("read", "bob", "hall", outcome=Outcome.FAILED, error="Refused: FORBIDDEN: no")

    finding = check(honest.ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert finding.evidence == ("read by bob: Refused: FORBIDDEN: no",)


def test_a_request_without_an_answer_leaves_a_doubt(honest):
    honest.asks("read", "bob", "hall", outcome=Outcome.UNKNOWN)

    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_stranger_who_is_refused_is_none_of_its_business(honest):
    honest.asks("read", "eve", "hall", expected=Outcome.FAILED, outcome=Outcome.FAILED)

    assert check(honest.ledger()).verdict == Verdict.HOLDS
