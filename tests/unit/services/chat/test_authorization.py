"""How a change of members between decision and transaction is met."""

import uuid

import pytest

from services.access_tokens import AccessToken
from services.chat.authorization import ATTEMPTS_MAX, Authorization, Caller, MembershipMoved
from services.decisions import Decision, Outcome
from services.problems import Code, Problem

CALLER = Caller(AccessToken(str(uuid.uuid4()), str(uuid.uuid4()), 1, 0.0), None)
ROOM = uuid.uuid4()


class Policies:
    """Answers every question alike and keeps what was asked."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.about = "room"
        self.asked = []
        self.allowed_from = 0

    async def settle(self, policy, question):
        self.asked.append((policy, question))
        early = question.get("room", {}).get("version", 0) < self.allowed_from
        return Decision(Outcome.DENY if early else self.outcome, self.about)


def authorization(outcome=Outcome.ALLOW, versions=(7,)):
    """Return what decides in a room whose membership version goes through `versions` and stays at the last."""
    left = list(versions)

    async def membership_version(room_id):
        return left.pop(0) if len(left) > 1 else left[0]

    policies = Policies(outcome)
    return Authorization(None, policies, membership_version), policies


async def test_the_question_carries_who_which_session_and_the_versions_they_know():
    """The policies can tell from it whether their data is behind."""
    who, policies = authorization()
    await who.check_room("read_room", CALLER, ROOM, "no")

    expected = {
        "session": {"id": CALLER.token.session_id, "version": 1},
        "user": CALLER.token.account_id,
        "room": {"id": str(ROOM), "version": 7},
    }
    assert [("read_room", expected)] == policies.asked


async def test_a_change_is_decided_again_when_the_members_moved_under_it():
    """The transaction only counts at the version that was decided about."""
    who, policies = authorization(versions=[7, 8])
    tried = []

    async def change(version):
        tried.append(version)
        if version == 7:
            raise MembershipMoved
        return "done"

    assert "done" == await who.change_room("send_message", CALLER, ROOM, "no", change)
    assert [7, 8] == tried
    assert [7, 8] == [question["room"]["version"] for _, question in policies.asked]


async def done(version):
    return version


async def test_the_version_of_the_last_change_is_tried_first():
    """A message in a room whose members did not change costs no read."""
    who, policies = authorization(versions=[7, 8])
    first = await who.change_room("send_message", CALLER, ROOM, "no", done)
    second = await who.change_room("send_message", CALLER, ROOM, "no", done)

    assert (7, 7) == (first, second)
    assert [7, 7] == [question["room"]["version"] for _, question in policies.asked]


async def test_a_refusal_at_a_remembered_version_is_not_believed():
    """Whoever was added a moment ago, by another process, is let in at the version the database has now."""
    who, policies = authorization(versions=[7, 8])
    await who.change_room("send_message", CALLER, ROOM, "no", done)
    policies.allowed_from = 8

    assert 8 == await who.change_room("send_message", CALLER, ROOM, "no", done)
    assert [7, 7, 8] == [question["room"]["version"] for _, question in policies.asked]


async def test_a_refusal_at_the_version_of_now_stands():
    """Remembered or not, who is no member is refused."""
    who, policies = authorization(versions=[7, 8])
    await who.change_room("send_message", CALLER, ROOM, "no", done)
    policies.allowed_from = 9
    with pytest.raises(Problem) as refused:
        await who.change_room("send_message", CALLER, ROOM, "no", done)

    assert Code.FORBIDDEN == refused.value.code


async def test_members_that_never_stop_moving_end_in_aborted():
    """The retry is bounded."""
    who, policies = authorization()

    async def change(version):
        raise MembershipMoved

    with pytest.raises(Problem) as refused:
        await who.change_room("send_message", CALLER, ROOM, "no", change)

    assert (Code.ABORTED, ATTEMPTS_MAX) == (refused.value.code, len(policies.asked))


async def test_whom_the_policies_do_not_allow_changes_nothing():
    """A denial is FORBIDDEN with the caller's sentence, before any transaction."""
    who, _ = authorization(Outcome.DENY)

    async def change(version):
        raise AssertionError("changed although denied")

    with pytest.raises(Problem, match="ask a member") as refused:
        await who.change_room("send_message", CALLER, ROOM, "ask a member", change)

    assert Code.FORBIDDEN == refused.value.code


async def test_an_ended_session_must_sign_in_again_wherever_it_is_found_out():
    """A room's policy settles the session first, and says so."""
    who, policies = authorization(Outcome.DENY)
    policies.about = "session"
    with pytest.raises(Problem, match="sign in again") as refused:
        await who.check_room("read_room", CALLER, ROOM, "no")

    assert Code.UNAUTHENTICATED == refused.value.code


async def test_a_room_nobody_knows_is_not_found():
    """There is no version to decide at."""
    who, policies = authorization(versions=[None])
    with pytest.raises(Problem) as refused:
        await who.check_room("read_room", CALLER, ROOM, "no")

    assert (Code.NOT_FOUND, []) == (refused.value.code, policies.asked)
