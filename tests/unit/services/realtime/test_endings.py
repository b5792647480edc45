"""When receiving ends, as stories: by leaving, removal, a hole in the log, or the end of the socket itself.

Sockets are plain names; `stage` (see conftest.py) plays the edge.
"""

import pytest

from services.access_tokens import AccessToken
from services.problems import Code, Problem
from services.realtime.actions import Action, Close, CloseCode, Limits
from services.realtime.records import SessionEnded, UnreadableError
from services.realtime.room import RoomPosition
from services.realtime.subscriptions import MISSED, REMOVED

ROOM = "0198c0de-0000-7000-8000-000000000001"
OTHER_ROOM = "0198c0de-0000-7000-8000-000000000002"
NOW_S = 1_000.0
EXPIRES_S = NOW_S + 900


# Leaving.


def test_who_left_receives_nothing_more(stage):
    stage.connect("ann", "bob")
    stage.join("ann", "bob")
    stage.say("ann", "LEAVE_ROOM")
    stage.happen(2)

    assert stage.sent["ann"] == ["JOINED 1", "LEFT"]
    assert stage.sent["bob"] == ["JOINED 1", "MESSAGE 2"]


def test_leaving_a_room_one_is_not_in_is_no_error(stage):
    stage.connect("ann")
    stage.say("ann", "LEAVE_ROOM")

    assert stage.sent["ann"] == ["LEFT"]


def test_leaving_while_the_join_waits_withdraws_it(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.say("ann", "LEAVE_ROOM")
    stage.answer("ann", RoomPosition(1, 1))
    stage.happen(2)

    assert stage.sent["ann"] == ["LEFT"]


def test_an_answer_to_a_withdrawn_join_does_not_settle_the_next_one(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    first = stage.asked["ann", ROOM]
    stage.say("ann", "LEAVE_ROOM")
    stage.say("ann", "JOIN_ROOM")
    stage.obey(stage.rules.answered("ann", ROOM, first, RoomPosition(1, 1)))
    stage.answer("ann", Problem(Code.FORBIDDEN, "no"))

    assert stage.sent["ann"] == ["LEFT", "ERROR FORBIDDEN"]


# Membership ends.


def test_an_ex_member_receives_nothing_after_the_removal(stage):
    stage.connect("ann", "bob")
    stage.join("ann", "bob")
    stage.happen(2)
    stage.remove("account of ann", 3)
    stage.happen(4)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 2", "MEMBER_REMOVED 3", f"LEFT {REMOVED}"]
    assert stage.sent["bob"] == ["JOINED 1", "MESSAGE 2", "MEMBER_REMOVED 3", "MESSAGE 4"]


def test_a_removal_ends_every_socket_of_the_account_in_that_room_only(stage):
    stage.connect("phone", "desk", account="ann")
    stage.join("phone", "desk")
    stage.join("desk", room=OTHER_ROOM)
    stage.remove("ann", 2)
    stage.happen(3)
    stage.happen(2, room=OTHER_ROOM)

    assert stage.sent["phone"] == ["JOINED 1", "MEMBER_REMOVED 2", f"LEFT {REMOVED}"]
    assert stage.sent["desk"] == ["JOINED 1", "JOINED 1", "MEMBER_REMOVED 2", f"LEFT {REMOVED}", "MESSAGE 2"]


def test_a_removal_while_the_join_waits_ends_it_at_its_place(stage):
    """The answer is older than the removal, so it holds up to there and no further."""
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(2)
    stage.remove("account of ann", 3)
    stage.happen(4)
    stage.answer("ann", RoomPosition(1, 1))
    stage.happen(5)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 2", "MEMBER_REMOVED 3", f"LEFT {REMOVED}"]


def test_a_removal_before_the_answers_place_is_history(stage):
    """Removed, added again, then allowed: the old removal must not end the new membership."""
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.remove("account of ann", 3)
    stage.happen(4, kind="member.added", payload='{"memberId":"account of ann"}')
    stage.answer("ann", RoomPosition(4, 4))
    stage.happen(5)

    assert stage.sent["ann"] == ["JOINED 4", "MESSAGE 5"]


def test_a_late_captured_removal_is_history_too(stage):
    stage.connect("ann")
    stage.join("ann", at=4, version=4)
    stage.remove("account of ann", 3)
    stage.happen(4, kind="member.added", payload='{"memberId":"account of ann"}')
    stage.happen(5)

    assert stage.sent["ann"] == ["JOINED 4", "MESSAGE 5"]


# Holes in the log.


def test_who_is_owed_a_missing_event_is_read_it_from_the_log(stage):
    stage.connect("ann")
    stage.join("ann")
    stage.happen(2, 4, 5)
    stage.answer("ann", stage.page(3, 4, last=6))
    stage.happen(6)

    assert stage.sent["ann"] == ["JOINED 1", *(f"MESSAGE {sequence}" for sequence in range(2, 7))]
    assert stage.rules.holes == 1


@pytest.mark.parametrize(("code", "reason"), [(Code.UNAVAILABLE, MISSED), (Code.FORBIDDEN, REMOVED)])
def test_who_cannot_be_read_what_is_missing_is_told_and_can_join_again(stage, code: Code, reason: str):
    stage.connect("ann")
    stage.join("ann")
    stage.happen(2, 4)
    stage.answer("ann", Problem(code, "no"))
    stage.happen(5)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 2", f"LEFT {reason}"]


def test_a_log_without_what_is_missing_ends_the_subscription(stage):
    """Asking again would not help."""
    stage.connect("ann")
    stage.join("ann")
    stage.happen(3)
    stage.answer("ann", stage.page(last=1))

    assert stage.sent["ann"] == ["JOINED 1", f"LEFT {MISSED}"]


def test_a_hole_before_somebodys_place_is_none_for_them(stage):
    stage.connect("ann", "bob")
    stage.join("ann", at=1)
    stage.happen(2)
    stage.join("bob", at=3)
    stage.happen(4)

    assert stage.sent["bob"] == ["JOINED 3", "MESSAGE 4"]


@pytest.mark.parametrize("kept", [(3,), (2, 4)])
def test_a_hole_in_what_was_kept_for_a_join_is_read_from_the_log(stage, kept: tuple[int, ...]):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(*kept)
    stage.answer("ann", RoomPosition(1, 1))
    after = stage.asked_after["ann", ROOM]
    stage.answer("ann", stage.page(*range(after + 1, 5), last=4))
    stage.happen(5)

    assert stage.sent["ann"] == ["JOINED 1", *(f"MESSAGE {sequence}" for sequence in range(2, 6))]


def test_a_malformed_payload_is_reported_and_shows_as_a_hole(stage):
    stage.connect("ann")
    stage.join("ann")
    with pytest.raises(UnreadableError):
        stage.happen(2, payload="{}")
    stage.happen(3)

    assert stage.sent["ann"] == ["JOINED 1"]
    assert stage.asked_after["ann", ROOM] == 1


# Sockets end.


def test_a_closed_socket_leaves_nothing_behind(stage):
    stage.connect("ann", "bob")
    stage.join("ann")
    stage.say("ann", "JOIN_ROOM", OTHER_ROOM)
    stage.rules.closed("ann")
    stage.answer("ann", RoomPosition(1, 1), OTHER_ROOM)
    stage.happen(2)
    stage.obey(stage.rules.ticked(EXPIRES_S + 1))
    stage.obey(stage.rules.apply(SessionEnded("session of ann")))

    assert (stage.rules.sockets_count, stage.rules.rooms_count) == (0, 0)
    assert stage.sent["ann"] == ["JOINED 1"]
    assert stage.closed == {"bob": CloseCode.UNAUTHORIZED}


def test_frames_of_a_closed_socket_are_ignored(stage):
    stage.connect("ann")
    stage.obey(stage.rules.overflowed("ann"))
    stage.say("ann", "JOIN_ROOM")

    assert stage.sent["ann"] == []


@pytest.mark.parametrize(("now_s", "closed"), [(EXPIRES_S - 0.1, []), (EXPIRES_S, ["ann"]), (EXPIRES_S + 60, ["ann"])])
def test_a_socket_is_closed_when_its_token_expires(stage, now_s: float, closed: list[str]):
    stage.connect("ann")
    stage.join("ann")
    stage.obey(stage.rules.ticked(now_s))

    assert list(stage.closed) == closed


def test_a_revoked_session_loses_all_its_sockets_and_no_others(stage):
    """Two people with one client id, or one person's other device, are other sessions."""
    stage.connect("phone", "tab", account="ann", session="s-1")
    stage.connect("desk", account="ann", session="s-2")
    stage.join("phone", "tab", "desk")
    stage.obey(stage.rules.apply(SessionEnded("s-1")))
    stage.happen(2)

    assert stage.closed == {"phone": 4401, "tab": 4401}
    assert stage.sent["phone"] == ["JOINED 1"]
    assert stage.sent["desk"] == ["JOINED 1", "MESSAGE 2"]


def test_a_session_revoked_while_its_socket_was_being_opened_does_not_slip_in(stage):
    stage.obey(stage.rules.apply(SessionEnded("s")))
    stage.connect("ann", session="s")

    assert stage.closed == {"ann": 4401}
    assert stage.rules.sockets_count == 0


def test_only_so_many_ended_sessions_are_remembered(stage_with):
    stage = stage_with(Limits(ended_sessions_max=2))
    for session in ("s-1", "s-2", "s-3"):
        stage.obey(stage.rules.apply(SessionEnded(session)))
    stage.connect("old", session="s-1")
    stage.connect("new", session="s-3")

    assert list(stage.closed) == ["new"]


def test_a_slow_socket_goes_and_the_others_stay(stage):
    stage.connect("ann", "bob")
    stage.join("ann", "bob")
    stage.obey(stage.rules.overflowed("ann"))
    stage.happen(2)

    assert stage.closed == {"ann": 4408}
    assert stage.sent["ann"] == ["JOINED 1"]
    assert stage.sent["bob"] == ["JOINED 1", "MESSAGE 2"]


def test_who_sends_too_much_is_told_and_closed(stage_with):
    stage = stage_with(Limits(frames_per_s=1, frames_burst=2))
    stage.connect("ann")
    for _ in range(4):
        stage.say("ann", "LEAVE_ROOM")

    assert stage.sent["ann"] == ["LEFT", "LEFT", "ERROR RESOURCE_EXHAUSTED"]
    assert stage.closed == {"ann": 1008}


def test_who_sends_at_the_rate_is_served_for_ever(stage_with):
    stage = stage_with(Limits(frames_per_s=8, frames_burst=1))
    stage.connect("ann")
    for number in range(100):
        stage.say("ann", "LEAVE_ROOM", now_s=NOW_S + number / 8)

    assert stage.sent["ann"] == ["LEFT"] * 100


def test_everybody_can_be_sent_away(stage):
    stage.connect("ann", "bob")
    stage.join("ann")
    stage.obey(stage.rules.close_all("restarts"))

    assert stage.closed == {"ann": 1012, "bob": 1012}
    assert stage.rules.sockets_count == 0


def test_every_reason_fits_a_close_frame(stage):
    """A control frame holds 125 bytes, 2 of them the code; a longer one cannot be sent at all."""
    rules = stage.rules
    closes: list[Action[str]] = []
    stage.connect("slow", "ended", "expired")
    closes += rules.overflowed("slow")
    closes += rules.apply(SessionEnded("session of ended"))
    closes += rules.opened("ended", AccessToken("a", "session of ended", 1, EXPIRES_S), NOW_S)
    closes += rules.ticked(EXPIRES_S)

    assert len(closes) == 4
    assert all(isinstance(close, Close) and len(close.reason.encode()) <= 123 for close in closes)
