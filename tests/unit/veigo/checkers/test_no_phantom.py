"""Nobody hears what nobody said, wherever it stands."""

import pytest

from veigo.checkers.no_phantom import NoPhantom
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = NoPhantom().check


def test_an_honest_run_is_acquitted(honest):
    honest.witnessed("m1", 1).stored("hall", "m1", "m2").asks("read", "ann", "hall", read=["m2", "m1"])

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_nothing_received_is_inconclusive(story):
    assert check(story.room("hall", "ann").ledger()).verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("change", "evidence"),
    [
        ({"message_id": "m9"}, "message m9 to bob: nobody sent it"),
        ({"sender": "eve"}, "message m1 to bob: sent by ann, signed eve"),
        (
            {"content": "says m1 "},
            "message m1 to bob: differs at character 7, sent '' of 7 characters, came ' ' of 8",
        ),
    ],
)
def test_a_saboteur_who_forges_or_alters_is_convicted(story, change, evidence):
    story.room("hall", "ann", "bob").sends("ann", "hall", "m1", 1).receives("m1", "bob", **change)

    assert check(story.ledger()).evidence == (evidence,)


def test_a_saboteur_who_normalises_text_is_convicted(story):
    """é in one code point and é in two look the same, and are not."""
    story.room("hall", "ann").sends("ann", "hall", "m1", 1, content="e\u0301").receives("m1", "ann", content="\u00e9")

    assert check(story.ledger()).evidence == (
        r"message m1 to ann: differs at character 0, sent 'e\u0301' of 2 characters, came '\xe9' of 1",
    )


def test_a_saboteur_who_delivers_into_another_room_is_convicted(story):
    story.room("hall", "ann").room("yard", "ann").sends("ann", "hall", "m1", 1).receives("m1", "ann", room="yard")

    assert check(story.ledger()).evidence == ("message m1 to ann: sent to room hall, came in room yard",)


def test_a_message_whose_sender_was_refused_must_not_appear(honest):
    honest.sends("bob", "hall", "m3", outcome=Outcome.FAILED, code="FORBIDDEN").receives("m3", "ann", sequence=3)

    assert check(honest.ledger()).evidence == ("message m3 to ann: its sender was refused (FORBIDDEN)",)


def test_a_message_of_unknown_ending_may_appear(honest):
    honest.sends("bob", "hall", "m3", outcome=Outcome.UNKNOWN).receives("m3", "ann", "bob", sequence=3)

    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_a_message_nobody_sent_must_not_be_stored_captured_or_read_either(honest):
    honest.witnessed("x1", 3).stored("hall", "m1", "m2", "x2").asks("read", "ann", "hall", read=["x3"])

    assert check(honest.ledger()).evidence == (
        "message x2 in PostgreSQL: nobody sent it",
        "message x1 in Kafka: nobody sent it",
        "message x3 on a page that was read: nobody sent it",
    )


def test_a_refused_message_that_was_stored_all_the_same_is_convicted(honest):
    honest.sends("bob", "hall", "m3", outcome=Outcome.FAILED, code="FORBIDDEN").stored("hall", "m1", "m2", "m3")

    assert check(honest.ledger()).evidence == ("message m3 in PostgreSQL: its sender was refused (FORBIDDEN)",)


def test_rooms_of_other_runs_are_none_of_its_business(honest):
    assert check(honest.witnessed("x1", 1, room="theirs").stored("theirs", "x1").ledger()).verdict == Verdict.HOLDS
