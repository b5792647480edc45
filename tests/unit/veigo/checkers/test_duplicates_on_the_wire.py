"""What comes again has a budget."""

from veigo.checkers.duplicates_on_the_wire import DuplicatesOnTheWire
from veigo.verdict import Verdict

check = DuplicatesOnTheWire(at_most=0.2).check


def test_an_honest_run_is_acquitted_with_its_figures(honest):
    finding = check(honest.witnessed("m1", 1).witnessed("m1", 1).ledger())

    assert finding.verdict == Verdict.HOLDS
    assert finding.summary == (
        "0 of 4 deliveries came again, 0 after a client's de-duplication; 1 of 2 records in Kafka are repetitions"
        " (1 in partition 0)"
    )


def test_nothing_received_is_inconclusive(story):
    assert check(story.room("hall", "ann").ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_repetition_within_the_budget_is_acquitted_on_whichever_socket(honest):
    """One of five."""
    assert check(honest.changes_socket("bob").receives("m1", "bob").ledger()).verdict == Verdict.HOLDS


def test_more_than_the_budget_is_convicted(honest):
    finding = check(honest.receives("m1", "bob").receives("m2", "bob").ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert len(finding.excerpt) == 2


def test_a_repetition_under_another_sequence_is_convicted_whatever_the_budget(honest):
    finding = DuplicatesOnTheWire(at_most=1.0).check(honest.receives("m1", "bob", sequence=9).ledger())

    assert finding.evidence == ("message m1 for bob at 1 and 9",)


def test_kafka_has_a_budget_of_its_own(honest):
    honest.witnessed("m1", 1).witnessed("m1", 1)

    assert DuplicatesOnTheWire(in_kafka_at_most=0.5).check(honest.ledger()).verdict == Verdict.VIOLATED
