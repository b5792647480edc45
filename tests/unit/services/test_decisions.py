"""What the OPA client takes for a decision, how long it waits for one, and that doubt is never an allow."""

import socket
import time
from collections.abc import Awaitable, Callable

import pytest

from services.decisions import Decision, DecisionPoint, Outcome, decision_in, pauses_s, settled
from services.problems import Code, Problem

ALLOW = Decision(Outcome.ALLOW, reason="member", data_version=7)
DENY = Decision(Outcome.DENY, reason="not a member", data_version=7)
STALE = Decision(Outcome.STALE, reason="room not known yet")


def in_turn(*decisions: Decision) -> Callable[[], Awaitable[Decision]]:
    """Somebody who answers with these decisions in turn, and repeats the last."""
    left = list(decisions)

    async def ask() -> Decision:
        return left.pop(0) if len(left) > 1 else left[0]

    return ask


def test_a_decision_carries_outcome_reason_and_the_version_it_was_made_on():
    answer = b'{"result": {"outcome": "allow", "reason": "member", "data_version": 7}}'

    assert decision_in(answer, "join_room") == ALLOW


def test_fields_a_newer_policy_adds_are_no_concern():
    answer = b'{"result": {"outcome": "deny", "reason": "not a member", "data_version": 7, "rule": "x"}, "metrics": {}}'

    assert decision_in(answer, "join_room") == DENY


@pytest.mark.parametrize(
    "answer",
    [
        b"{}",
        b"",
        b"true",
        b'{"result": null}',
        b'{"result": true}',
        b'{"result": {"allow": true}}',
        b'{"result": {"outcome": "ALLOW"}}',
        b'{"result": {"outcome": "allow", "data_version": "7"}}',
        b'{"result": {"outcome": "all\xff"}}',
        b"<html>502 Bad Gateway</html>",
    ],
)
def test_what_is_not_clearly_a_decision_is_unavailable(answer: bytes):
    """Undefined, malformed or foreign answers refuse: nobody gets in by confusing OPA."""
    with pytest.raises(Problem) as caught:
        decision_in(answer, "join_room")

    assert caught.value.code == Code.UNAVAILABLE
    assert "join_room" not in caught.value.message  # what is wrong inside is for the logs, not for callers


def test_pauses_grow_and_add_up_to_the_wait():
    pauses = list(pauses_s(2))

    assert sum(pauses) == pytest.approx(2)
    assert pauses[:-1] == sorted(pauses[:-1])
    assert pauses[0] < 0.005


def test_whoever_waits_in_vain_asks_a_dozen_times_and_not_forty():
    """With capture away everybody in a changed room waits; their questions must leave OPA time for the others."""
    assert len(list(pauses_s(2))) <= 15


def test_nobody_waits_much_longer_than_they_had_to():
    waited_s = 0.0
    for pause_s in pauses_s(2):
        assert pause_s <= 0.005 + 0.7 * waited_s
        waited_s += pause_s


async def test_a_stale_answer_is_asked_again_until_it_settles():
    assert await settled(in_turn(STALE, STALE, ALLOW), wait_s=1) == ALLOW
    assert await settled(in_turn(STALE, DENY), wait_s=1) == DENY


async def test_what_stays_stale_is_refused_after_the_wait_and_not_much_later():
    began_s = time.monotonic()
    with pytest.raises(Problem) as caught:
        await settled(in_turn(STALE), wait_s=0.1)
    took_s = time.monotonic() - began_s

    assert caught.value.code == Code.UNAVAILABLE
    assert "room not known yet" in caught.value.message
    assert 0.09 <= took_s < 1


async def test_without_a_wait_one_question_is_asked():
    assert await settled(in_turn(ALLOW), wait_s=0) == ALLOW
    with pytest.raises(Problem):
        await settled(in_turn(STALE, ALLOW), wait_s=0)


async def test_nobody_at_opas_address_is_unavailable():
    """A refused connection never allows, and says so at once instead of waiting for data."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: connecting is refused
        async with DecisionPoint(f"http://127.0.0.1:{reserved.getsockname()[1]}", wait_s=30) as point:
            began_s = time.monotonic()
            with pytest.raises(Problem) as caught:
                await point.settle("join_room", {})

    assert caught.value.code == Code.UNAVAILABLE
    assert time.monotonic() - began_s < 5
