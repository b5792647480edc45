"""Nobody hears a room they are not in, and nobody hears what nobody said."""

import pytest

from veigo.checkers.nothing_leaked import NothingLeaked
from veigo.outcome import Outcome
from veigo.verdict import Verdict

check = NothingLeaked().check


def test_an_honest_run_is_acquitted(honest):
    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_nothing_received_is_inconclusive(story):
    assert check(story.room("hall", "ann").ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_delivers_to_a_stranger_is_convicted(honest):
    finding = check(honest.receives("m1", "eve").ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert finding.evidence[0] == "eve, no member of room hall, received MESSAGE m1"


def test_a_saboteur_who_lets_a_stranger_join_is_convicted_before_a_word_is_said(honest):
    assert check(honest.joined("eve", "hall").ledger()).verdict == Verdict.VIOLATED


def test_a_saboteur_who_delivers_to_a_member_that_did_not_join_is_convicted(honest):
    finding = check(honest.receives("m1", "bob", socket=77).ledger())

    assert finding.evidence == ("bob's socket 77 received room hall without having joined it",)


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
