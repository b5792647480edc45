"""The rules of who receives what, as stories: calls in, actions out; sockets are plain names.

`Stage` plays the edge: it takes the actions of every call and keeps what each socket was sent.
"""

from collections import defaultdict

import msgspec
import pytest

from services.access_tokens import AccessToken
from services.problems import Code, Problem
from services.realtime.actions import Action, AskToJoin, Close, CloseCode, Deliver, Limits
from services.realtime.records import RoomEvent, SessionEnded, UnreadableError
from services.realtime.subscriptions import MISSED, REMOVED, RoomPosition, Subscriptions

ROOM = "0198c0de-0000-7000-8000-000000000001"
OTHER_ROOM = "0198c0de-0000-7000-8000-000000000002"
NOW_S = 1_000.0
EXPIRES_S = NOW_S + 900


def room_number(number: int) -> str:
    return f"0198c0de-0000-7000-8000-{number:012}"


class Stage:
    """Plays the edge to a set of rules."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.rules: Subscriptions[str] = Subscriptions(limits or Limits())
        self.sent: dict[str, list[str]] = defaultdict(list)
        self.asked: dict[tuple[str, str], int] = {}
        self.closed: dict[str, int] = {}

    def obey(self, actions: list[Action[str]]) -> None:
        for action in actions:
            if isinstance(action, Deliver):
                for socket in action.sockets:
                    self.sent[socket].append(told(action.frame))
            elif isinstance(action, AskToJoin):
                self.asked[action.socket, action.room_id] = action.attempt
            else:
                self.closed[action.socket] = int(action.code)

    def connect(self, *sockets: str, account: str | None = None, session: str | None = None) -> None:
        for socket in sockets:
            access = AccessToken(account or f"account of {socket}", session or f"session of {socket}", 1, EXPIRES_S)
            self.obey(self.rules.opened(socket, access, NOW_S))

    def say(self, socket: str, kind: str, room: str = ROOM, now_s: float = NOW_S) -> None:
        text = msgspec.json.encode({"type": kind, "payload": [{"name": room}]}).decode()
        self.obey(self.rules.received(socket, text, now_s))

    def answer(self, socket: str, answer: RoomPosition | Problem, room: str = ROOM) -> None:
        self.obey(self.rules.answered(socket, room, self.asked[socket, room], answer))

    def join(self, *sockets: str, at: int = 1, version: int = 1, room: str = ROOM) -> None:
        for socket in sockets:
            self.say(socket, "JOIN_ROOM", room)
            self.answer(socket, RoomPosition(at, version), room)

    def happen(
        self, *sequences: int, kind: str = "message.created", payload: str | None = None, room: str = ROOM
    ) -> None:
        for sequence in sequences:
            text = payload or msgspec.json.encode({"id": "m", "senderId": "a", "content": "hi"}).decode()
            self.obey(self.rules.apply(RoomEvent(room, sequence, kind, text, "t")))

    def remove(self, account: str, sequence: int) -> None:
        self.happen(sequence, kind="member.removed", payload=f'{{"memberId":"{account}"}}')


def told(frame: bytes) -> str:
    """Return a frame as a few words: what was told, and the place in the log or the reason."""
    decoded = msgspec.json.decode(frame)
    payload = decoded["payload"][0]
    words = {"MESSAGE": "sequence", "JOINED": "sequence", "LEFT": "reason", "ERROR": "code"}[decoded["type"]]
    return f"{decoded['type']} {payload.get(words, '')}".strip()


@pytest.fixture
def stage() -> Stage:
    return Stage()


# Joining and receiving.


def test_a_member_receives_every_message_after_the_place_it_joined_at(stage: Stage):
    stage.connect("ann")
    stage.join("ann", at=5)
    stage.happen(6, 7, 8)

    assert stage.sent["ann"] == ["JOINED 5", "MESSAGE 6", "MESSAGE 7", "MESSAGE 8"]


def test_one_message_is_one_action_for_all_members(stage: Stage):
    """Serialised once, however many there are."""
    stage.connect("ann", "bob", "cid")
    stage.join("ann", "bob", "cid")

    actions = stage.rules.apply(RoomEvent(ROOM, 2, "message.created", '{"id":"m","senderId":"a","content":"hi"}', "t"))

    assert [(type(action), action.sockets) for action in actions] == [(Deliver, ["ann", "bob", "cid"])]


def test_nobody_receives_what_happens_in_other_rooms(stage: Stage):
    stage.connect("ann", "bob")
    stage.join("ann")
    stage.join("bob", room=OTHER_ROOM)
    stage.happen(2)

    assert stage.sent["bob"] == ["JOINED 1"]


def test_nobody_receives_anything_before_the_join_is_allowed(stage: Stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(2, 3)

    assert stage.sent["ann"] == []


@pytest.mark.parametrize(
    ("before", "position", "after", "received"),
    [
        ((), 5, (6,), ["MESSAGE 6"]),
        ((6, 7), 5, (8,), ["MESSAGE 6", "MESSAGE 7", "MESSAGE 8"]),
        ((5, 6), 5, (7,), ["MESSAGE 6", "MESSAGE 7"]),
        ((5, 6), 6, (7,), ["MESSAGE 7"]),
        ((4,), 6, (5, 6, 7), ["MESSAGE 7"]),
        ((), 6, (4, 5, 6, 7), ["MESSAGE 7"]),
        ((6, 6, 7, 6, 7), 5, (7, 8, 8), ["MESSAGE 6", "MESSAGE 7", "MESSAGE 8"]),
    ],
    ids=[
        "quiet",
        "kept",
        "kept-partly-history",
        "kept-all-history",
        "capture-lags",
        "capture-lags-more",
        "redelivered",
    ],
)
def test_a_join_misses_nothing_and_repeats_nothing(
    stage: Stage, before: tuple[int, ...], position: int, after: tuple[int, ...], received: list[str]
):
    """Whatever arrives before and after the answer, delivery begins at the answer's place plus one."""
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(*before)
    stage.answer("ann", RoomPosition(position, 1))
    stage.happen(*after)

    assert stage.sent["ann"] == [f"JOINED {position}", *received]


def test_who_joins_later_does_not_disturb_who_is_there(stage: Stage):
    stage.connect("ann", "bob")
    stage.join("ann", at=3)
    stage.happen(4)
    stage.say("bob", "JOIN_ROOM")
    stage.happen(5)
    stage.answer("bob", RoomPosition(6, 1))
    stage.happen(6, 7)

    assert stage.sent["ann"] == ["JOINED 3", "MESSAGE 4", "MESSAGE 5", "MESSAGE 6", "MESSAGE 7"]
    assert stage.sent["bob"] == ["JOINED 6", "MESSAGE 7"]


def test_a_waiting_join_holds_up_no_other_room(stage: Stage):
    stage.connect("ann")
    stage.join("ann", room=OTHER_ROOM)
    stage.say("ann", "JOIN_ROOM")
    stage.happen(2, room=OTHER_ROOM)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 2"]


@pytest.mark.parametrize("kind", ["room.created", "member.added", "room.updated", "message.edited", "room.painted"])
def test_events_without_a_frame_take_their_place_in_the_log(stage: Stage, kind: str):
    stage.connect("ann")
    stage.join("ann")
    stage.happen(2, kind=kind, payload="{}")
    stage.happen(3)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 3"]


def test_joining_twice_is_answered_twice_and_changes_nothing(stage: Stage):
    stage.connect("ann")
    stage.join("ann", at=5)
    stage.say("ann", "JOIN_ROOM")
    stage.happen(6)

    assert stage.sent["ann"] == ["JOINED 5", "JOINED 5", "MESSAGE 6"]


def test_joining_twice_at_once_asks_once_and_answers_twice(stage: Stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    asked = dict(stage.asked)
    stage.say("ann", "JOIN_ROOM", ROOM.upper())
    stage.answer("ann", RoomPosition(5, 1))
    stage.happen(6)

    assert stage.asked == asked
    assert stage.sent["ann"] == ["JOINED 5", "JOINED 5", "MESSAGE 6"]


def test_two_sockets_of_one_person_are_two_receivers(stage: Stage):
    stage.connect("phone", "desk", account="ann", session="s")
    stage.join("phone", "desk")
    stage.happen(2)

    assert stage.sent["phone"] == stage.sent["desk"] == ["JOINED 1", "MESSAGE 2"]


# Refusals.


@pytest.mark.parametrize("code", [Code.NOT_FOUND, Code.UNAVAILABLE, Code.UNAUTHENTICATED, Code.INTERNAL])
def test_a_refused_join_is_told_why_and_can_be_tried_again(stage: Stage, code: Code):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.answer("ann", Problem(code, "why"))
    stage.happen(2)
    stage.join("ann", at=2)
    stage.happen(3)

    assert stage.sent["ann"] == [f"ERROR {code}", "JOINED 2", "MESSAGE 3"]


def test_who_is_no_member_is_refused_in_the_originals_words(stage: Stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", ROOM.upper())

    actions = stage.rules.answered("ann", ROOM, stage.asked["ann", ROOM], Problem(Code.FORBIDDEN, "no"))

    reason = f"Unauthorized to join {ROOM.upper()}"
    expected = f'{{"type":"ERROR","payload":[{{"reason":"{reason}","code":"FORBIDDEN","roomId":"{ROOM}"}}]}}'
    assert actions == [Deliver(expected.encode(), ["ann"])]


def test_a_name_that_is_no_room_id_is_refused_without_asking(stage: Stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", "lobby")

    assert stage.asked == {}
    assert stage.sent["ann"] == ["ERROR INVALID_ARGUMENT"]


@pytest.mark.parametrize("data", [b"\x00", "nonsense", "[]", '{"type":"DANCE"}'])
def test_nonsense_is_answered_and_the_socket_stays(stage: Stage, data: str | bytes):
    stage.connect("ann")
    stage.obey(stage.rules.received("ann", data, NOW_S))
    stage.join("ann")

    assert stage.sent["ann"] == ["ERROR INVALID_ARGUMENT", "JOINED 1"]


def test_a_socket_is_in_a_bounded_number_of_rooms():
    stage = Stage(Limits(rooms_max=3))
    stage.connect("ann")
    for number in range(4):
        stage.say("ann", "JOIN_ROOM", room_number(number))
    stage.say("ann", "LEAVE_ROOM", room_number(0))
    stage.say("ann", "JOIN_ROOM", room_number(3))

    assert [room for _, room in stage.asked] == [room_number(number) for number in range(4)]
    assert stage.sent["ann"] == ["ERROR RESOURCE_EXHAUSTED", "LEFT"]


def test_a_join_that_waits_while_too_much_happens_fails():
    stage = Stage(Limits(join_buffer_events_max=3))
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(2, 3, 4, 5, 6)
    stage.answer("ann", RoomPosition(1, 1))

    assert stage.sent["ann"] == ["ERROR UNAVAILABLE"]
    assert stage.rules.rooms_count == 0


def test_a_join_that_waits_while_too_many_bytes_come_fails():
    stage = Stage(Limits(join_buffer_bytes_max=500))
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(2, 3, 4)

    assert stage.sent["ann"] == ["ERROR UNAVAILABLE"]


# Leaving.


def test_who_left_receives_nothing_more(stage: Stage):
    stage.connect("ann", "bob")
    stage.join("ann", "bob")
    stage.say("ann", "LEAVE_ROOM")
    stage.happen(2)

    assert stage.sent["ann"] == ["JOINED 1", "LEFT"]
    assert stage.sent["bob"] == ["JOINED 1", "MESSAGE 2"]


def test_leaving_a_room_one_is_not_in_is_no_error(stage: Stage):
    stage.connect("ann")
    stage.say("ann", "LEAVE_ROOM")

    assert stage.sent["ann"] == ["LEFT"]


def test_leaving_while_the_join_waits_withdraws_it(stage: Stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.say("ann", "LEAVE_ROOM")
    stage.answer("ann", RoomPosition(1, 1))
    stage.happen(2)

    assert stage.sent["ann"] == ["LEFT"]


def test_an_answer_to_a_withdrawn_join_does_not_settle_the_next_one(stage: Stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    first = stage.asked["ann", ROOM]
    stage.say("ann", "LEAVE_ROOM")
    stage.say("ann", "JOIN_ROOM")
    stage.obey(stage.rules.answered("ann", ROOM, first, RoomPosition(1, 1)))
    stage.answer("ann", Problem(Code.FORBIDDEN, "no"))

    assert stage.sent["ann"] == ["LEFT", "ERROR FORBIDDEN"]


# Membership ends.


def test_an_ex_member_receives_nothing_after_the_removal(stage: Stage):
    stage.connect("ann", "bob")
    stage.join("ann", "bob")
    stage.happen(2)
    stage.remove("account of ann", 3)
    stage.happen(4)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 2", f"LEFT {REMOVED}"]
    assert stage.sent["bob"] == ["JOINED 1", "MESSAGE 2", "MESSAGE 4"]


def test_a_removal_ends_every_socket_of_the_account_in_that_room_only(stage: Stage):
    stage.connect("phone", "desk", account="ann")
    stage.join("phone", "desk")
    stage.join("desk", room=OTHER_ROOM)
    stage.remove("ann", 2)
    stage.happen(3)
    stage.happen(2, room=OTHER_ROOM)

    assert stage.sent["phone"] == ["JOINED 1", f"LEFT {REMOVED}"]
    assert stage.sent["desk"] == ["JOINED 1", "JOINED 1", f"LEFT {REMOVED}", "MESSAGE 2"]


def test_a_removal_while_the_join_waits_ends_it_at_its_place(stage: Stage):
    """The answer is older than the removal, so it holds up to there and no further."""
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(2)
    stage.remove("account of ann", 3)
    stage.happen(4)
    stage.answer("ann", RoomPosition(1, 1))
    stage.happen(5)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 2", f"LEFT {REMOVED}"]


def test_a_removal_before_the_answers_place_is_history(stage: Stage):
    """Removed, added again, then allowed: the old removal must not end the new membership."""
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.remove("account of ann", 3)
    stage.happen(4, kind="member.added", payload='{"memberId":"account of ann"}')
    stage.answer("ann", RoomPosition(4, 4))
    stage.happen(5)

    assert stage.sent["ann"] == ["JOINED 4", "MESSAGE 5"]


def test_a_late_captured_removal_is_history_too(stage: Stage):
    stage.connect("ann")
    stage.join("ann", at=4, version=4)
    stage.remove("account of ann", 3)
    stage.happen(4, kind="member.added", payload='{"memberId":"account of ann"}')
    stage.happen(5)

    assert stage.sent["ann"] == ["JOINED 4", "MESSAGE 5"]


# Holes in the log.


def test_who_was_owed_a_missing_event_is_told_and_can_join_again(stage: Stage):
    stage.connect("ann")
    stage.join("ann")
    stage.happen(2, 4, 5)
    stage.join("ann", at=5)
    stage.happen(6)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 2", f"LEFT {MISSED}", "JOINED 5", "MESSAGE 6"]
    assert stage.rules.holes == 1


def test_a_hole_before_somebodys_place_is_none_for_them(stage: Stage):
    stage.connect("ann", "bob")
    stage.join("ann", at=1)
    stage.happen(2)
    stage.join("bob", at=3)
    stage.happen(4)

    assert stage.sent["ann"] == ["JOINED 1", "MESSAGE 2", f"LEFT {MISSED}"]
    assert stage.sent["bob"] == ["JOINED 3", "MESSAGE 4"]


@pytest.mark.parametrize("kept", [(3,), (2, 4)])
def test_a_hole_in_what_was_kept_for_a_join_is_told(stage: Stage, kept: tuple[int, ...]):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM")
    stage.happen(*kept)
    stage.answer("ann", RoomPosition(1, 1))
    stage.happen(5)

    assert stage.sent["ann"][0] == "JOINED 1"
    assert stage.sent["ann"][-1] == f"LEFT {MISSED}"


def test_a_malformed_payload_is_reported_and_shows_as_a_hole(stage: Stage):
    stage.connect("ann")
    stage.join("ann")
    with pytest.raises(UnreadableError):
        stage.happen(2, payload="{}")
    stage.happen(3)

    assert stage.sent["ann"] == ["JOINED 1", f"LEFT {MISSED}"]


# Sockets end.


def test_a_closed_socket_leaves_nothing_behind(stage: Stage):
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


def test_frames_of_a_closed_socket_are_ignored(stage: Stage):
    stage.connect("ann")
    stage.obey(stage.rules.overflowed("ann"))
    stage.say("ann", "JOIN_ROOM")

    assert stage.sent["ann"] == []


@pytest.mark.parametrize(("now_s", "closed"), [(EXPIRES_S - 0.1, []), (EXPIRES_S, ["ann"]), (EXPIRES_S + 60, ["ann"])])
def test_a_socket_is_closed_when_its_token_expires(stage: Stage, now_s: float, closed: list[str]):
    stage.connect("ann")
    stage.join("ann")
    stage.obey(stage.rules.ticked(now_s))

    assert list(stage.closed) == closed


def test_a_revoked_session_loses_all_its_sockets_and_no_others(stage: Stage):
    """Two people with one client id, or one person's other device, are other sessions."""
    stage.connect("phone", "tab", account="ann", session="s-1")
    stage.connect("desk", account="ann", session="s-2")
    stage.join("phone", "tab", "desk")
    stage.obey(stage.rules.apply(SessionEnded("s-1")))
    stage.happen(2)

    assert stage.closed == {"phone": 4401, "tab": 4401}
    assert stage.sent["phone"] == ["JOINED 1"]
    assert stage.sent["desk"] == ["JOINED 1", "MESSAGE 2"]


def test_a_session_revoked_while_its_socket_was_being_opened_does_not_slip_in(stage: Stage):
    stage.obey(stage.rules.apply(SessionEnded("s")))
    stage.connect("ann", session="s")

    assert stage.closed == {"ann": 4401}
    assert stage.rules.sockets_count == 0


def test_only_so_many_ended_sessions_are_remembered():
    stage = Stage(Limits(ended_sessions_max=2))
    for session in ("s-1", "s-2", "s-3"):
        stage.obey(stage.rules.apply(SessionEnded(session)))
    stage.connect("old", session="s-1")
    stage.connect("new", session="s-3")

    assert list(stage.closed) == ["new"]


def test_a_slow_socket_goes_and_the_others_stay(stage: Stage):
    stage.connect("ann", "bob")
    stage.join("ann", "bob")
    stage.obey(stage.rules.overflowed("ann"))
    stage.happen(2)

    assert stage.closed == {"ann": 4408}
    assert stage.sent["ann"] == ["JOINED 1"]
    assert stage.sent["bob"] == ["JOINED 1", "MESSAGE 2"]


def test_who_sends_too_much_is_told_and_closed():
    stage = Stage(Limits(frames_per_s=1, frames_burst=2))
    stage.connect("ann")
    for _ in range(4):
        stage.say("ann", "LEAVE_ROOM")

    assert stage.sent["ann"] == ["LEFT", "LEFT", "ERROR RESOURCE_EXHAUSTED"]
    assert stage.closed == {"ann": 1008}


def test_who_sends_at_the_rate_is_served_for_ever():
    stage = Stage(Limits(frames_per_s=8, frames_burst=1))
    stage.connect("ann")
    for number in range(100):
        stage.say("ann", "LEAVE_ROOM", now_s=NOW_S + number / 8)

    assert stage.sent["ann"] == ["LEFT"] * 100


def test_everybody_can_be_sent_away(stage: Stage):
    stage.connect("ann", "bob")
    stage.join("ann")
    stage.obey(stage.rules.close_all("restarts"))

    assert stage.closed == {"ann": 1012, "bob": 1012}
    assert stage.rules.sockets_count == 0


def test_every_reason_fits_a_close_frame(stage: Stage):
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
