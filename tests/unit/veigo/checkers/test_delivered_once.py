"""A message comes to a socket once."""

from veigo.checkers.delivered_once import DeliveredOnce
from veigo.verdict import Verdict

check = DeliveredOnce().check


def test_an_honest_run_is_acquitted(honest):
    assert check(honest.ledger()).verdict == Verdict.HOLDS


def test_nothing_received_is_inconclusive(story):
    assert check(story.room("hall", "ann").ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_saboteur_who_delivers_twice_is_convicted(honest):
    finding = check(honest.receives("m1", "bob").ledger())

    assert finding.verdict == Verdict.VIOLATED
    assert finding.evidence[0] == "message m1 came 2 times to bob's socket 2"
    assert len(finding.excerpt) == 2
    assert all("bob's socket 2 received MESSAGE m1" in line for line in finding.excerpt)


def test_a_saboteur_who_gives_a_repetition_a_new_id_is_convicted_by_its_place(honest):
    finding = check(honest.receives("m1", "bob", message_id="m1-again").ledger())

    assert finding.evidence == ("sequence 1 of room hall came 2 times to bob's socket 2",)


def test_a_second_socket_of_the_same_user_may_receive_the_message_too(honest):
    assert check(honest.receives("m1", "bob", socket=99).ledger()).verdict == Verdict.HOLDS
