"""A revoked session is over."""

import pytest

from veigo.checkers.nothing_after_revocation import NothingAfterRevocation
from veigo.verdict import Verdict

SECOND = 1_000_000_000
check = NothingAfterRevocation(within_s=5).check


@pytest.fixture
def signed_out(honest):
    """Bob has a socket, and signs out."""
    return honest.opens_socket("bob").asks("sign_out", "bob")


def test_a_socket_closed_in_time_is_acquitted_and_its_time_reported(signed_out):
    finding = check(signed_out.waits(SECOND).loses_socket("bob").marks("finished").ledger())

    assert finding.verdict == Verdict.HOLDS
    assert finding.summary == "1 sessions revoked, 1 sockets closed, the slowest after 1000.0 ms"


def test_nobody_signed_out_is_inconclusive(honest):
    assert check(honest.ledger()).verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize("closes", [True, False], ids=["too late", "never"])
def test_a_socket_that_stays_open_is_convicted(signed_out, closes):
    signed_out.waits(6 * SECOND).marks("finished")
    if closes:
        signed_out.loses_socket("bob")

    assert check(signed_out.ledger()).evidence == ("bob's socket 2 was still open 5 s after the session ended",)


def test_a_frame_that_comes_too_late_is_convicted(signed_out):
    finding = check(signed_out.waits(6 * SECOND).receives("m1", "bob").ledger())

    assert finding.evidence == ("bob's socket 2 received MESSAGE 6.0 s after the session ended",)


def test_a_run_that_ended_before_the_bound_leaves_a_doubt(signed_out):
    assert check(signed_out.waits(SECOND).marks("finished").ledger()).verdict == Verdict.INCONCLUSIVE


def test_a_token_that_is_good_after_the_bound_is_convicted(signed_out):
    finding = check(signed_out.loses_socket("bob").waits(6 * SECOND).asks("read", "bob", "hall").ledger())

    assert finding.evidence == ("bob was granted read with the token of a revoked session",)


def test_other_peoples_sockets_stay_open(signed_out):
    signed_out.loses_socket("bob").opens_socket("ann").waits(9 * SECOND).marks("finished")

    assert check(signed_out.ledger()).verdict == Verdict.HOLDS
