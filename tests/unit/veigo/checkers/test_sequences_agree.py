"""A room has one log, whoever is asked."""

from veigo.checkers.sequences_agree import SequencesAgree
from veigo.history import Witnessed
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = SequencesAgree().check


def test_an_honest_run_is_acquitted(honest):
    honest.witnessed("m1", 1).witnessed("m2", 2).kafka_read().stored("hall", "m1", "m2")

    finding = check(honest.ledger())

    assert finding.verdict == Verdict.HOLDS
    assert finding.summary == ("2 places in 1 rooms, the same by the sockets, the acknowledgements, Kafka, PostgreSQL")


def test_nothing_received_is_inconclusive(story):
    assert check(story.room("hall", "ann").ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_numbers_the_room_for_each_member_is_convicted(story):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).sends("bob", "hall", "m2", 2)
    story.receives("m1", "ann").receives("m2", "ann")
    story.receives("m2", "bob", sequence=1).receives("m1", "bob", sequence=2)

    assert check(story.ledger()).verdict == Verdict.VIOLATED


def test_a_saboteur_whose_log_says_something_else_than_the_acknowledgement_is_convicted(honest):
    finding = check(honest.witnessed("m2", 7).ledger())

    assert finding.evidence == ("message m2 is at 7 by Kafka but 2 by bob's socket",)


def test_a_place_with_two_messages_is_convicted(honest):
    finding = check(honest.sends("ann", "hall", "m3", 2).ledger())

    assert finding.evidence == ("sequence 2 of room hall is m2 by bob's socket but m3 by its acknowledgement",)
    assert len(finding.excerpt) == 2


def test_a_hole_in_postgresql_is_convicted(honest):
    finding = check(honest.sends("ann", "hall", "m4", 4).stored("hall", "m1", "m2", None, "m4").ledger())

    assert finding.evidence == ("PostgreSQL's log of room hall has 4 where 3 was next",)


def test_a_room_that_says_more_than_its_log_has_is_convicted(honest):
    finding = check(honest.stored("hall", "m1", "m2", last=3).ledger())

    assert finding.evidence == ("PostgreSQL's log of room hall ends at 2, and the room says 3",)


def test_what_retention_forgot_is_no_hole(honest):
    assert check(honest.stored("hall", "m2", horizon=1).ledger()).verdict == Verdict.HOLDS


def test_what_never_came_to_kafka_is_convicted(honest):
    """A slot that was dropped and made anew skips what was written in between."""
    finding = check(honest.witnessed("m1", 1).kafka_read().stored("hall", "m1", "m2").ledger())

    assert finding.evidence == ("sequence 2 of room hall (message.created) never came to Kafka",)


def test_where_the_run_did_not_wait_only_what_was_skipped_is_convicted(story):
    """What comes after the last that was captured may be on its way."""
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).receives("m1", "ann", "bob")
    cut_short = story.stored("hall", "m1", "m2", "m3").witnessed("m1", 1).kafka_read()

    assert check(cut_short.ledger()).verdict == Verdict.INCONCLUSIVE

    skipped = cut_short.witnessed("m3", 3)

    assert check(skipped.ledger()).evidence == ("sequence 2 of room hall (message.created) never came to Kafka",)


def test_a_kafka_that_was_not_read_or_has_forgotten_convicts_nobody(honest):
    honest.stored("hall", "m1", "m2")

    assert check(honest.ledger()).verdict == Verdict.HOLDS
    assert check(honest.kafka_read(oldest=5).ledger()).verdict == Verdict.HOLDS


def test_a_record_behind_a_later_one_is_convicted_unless_it_is_a_repetition(honest):
    again = honest.witnessed("m1", 1).witnessed("m2", 2).witnessed("m1", 1)

    assert check(again.ledger()).verdict == Verdict.HOLDS

    wrong = again.witnessed(None, 5, type="room.updated").witnessed(None, 4, type="room.updated")

    assert check(wrong.ledger()).evidence == ("Kafka has sequence 4 of room hall behind 5",)


def test_a_room_in_two_partitions_is_convicted(honest):
    """Between two partitions there is no order: whoever changes their number loses it."""
    honest.witnessed("m1", 1)
    honest.records.append(Witnessed("m2", "hall", 2, 1_000, 2, partition=1, offset=1))

    assert check(honest.ledger()).evidence == ("room hall is in Kafka's partitions 0 and 1",)


def test_a_record_that_kafka_has_twice_agrees_with_itself(honest):
    honest.witnessed("m1", 1).witnessed("m1", 1).witnessed("m2", 2).kafka_read()

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_an_edit_on_a_socket_where_the_log_has_a_deletion_is_convicted(honest):
    honest.event("MESSAGE_EDITED", "bob", "hall", 3, message_id="m1").witnessed("m1", 3, type="message.deleted")

    assert check(honest.ledger()).verdict == Verdict.VIOLATED


def test_a_send_of_unknown_ending_has_no_place_of_its_own(honest):
    assert check(honest.sends("ann", "hall", "m3", outcome=Outcome.UNKNOWN).ledger()).verdict == Verdict.HOLDS
