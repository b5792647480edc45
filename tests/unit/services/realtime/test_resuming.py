"""Resuming: whatever the order in which pages, live events and repeats come, each event is sent once and in order."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.problems import Code, Problem
from services.realtime.actions import Limits
from services.realtime.records import RoomEvent
from services.realtime.room import LogPage, RoomPosition
from unit.services.realtime.stage import ROOM, Stage

ME = "account of ann"


def test_a_resumed_room_goes_on_after_what_the_client_has(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", after=3)
    asked_after = stage.asked_after["ann", ROOM]
    stage.happen(7)
    stage.answer("ann", stage.page(4, 5, last=7))
    stage.answer("ann", stage.page(6, 7, last=7))
    stage.happen(8)

    assert asked_after == 3
    assert stage.sent["ann"] == ["JOINED 3", *(f"MESSAGE {sequence}" for sequence in range(4, 9))]


def test_nothing_missed_is_nothing_replayed(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", after=7)
    stage.answer("ann", stage.page(last=7))
    stage.happen(7, 8)

    assert stage.sent["ann"] == ["JOINED 7", "MESSAGE 8"]


def test_what_is_no_longer_kept_is_a_reset_and_never_a_gap(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", after=3)
    stage.answer("ann", stage.page(last=9, horizon=5))
    stage.happen(10)

    assert stage.sent["ann"] == ["RESET 9", "JOINED 9", "MESSAGE 10"]


def test_at_the_horizon_itself_nothing_is_missing(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", after=5)
    stage.answer("ann", stage.page(6, last=6, horizon=5))

    assert stage.sent["ann"] == ["JOINED 5", "MESSAGE 6"]


def test_a_log_that_expires_while_it_is_replayed_is_a_reset(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", after=0)
    stage.answer("ann", stage.page(1, 2, last=9))
    stage.answer("ann", stage.page(last=9, horizon=6))
    stage.happen(10)

    assert stage.sent["ann"] == ["JOINED 0", "MESSAGE 1", "MESSAGE 2", "RESET 9", "JOINED 9", "MESSAGE 10"]


def test_beyond_the_end_is_refused(stage):
    """Nobody was ever sent that sequence: the client speaks of another room, or of another database."""
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", after=8)
    stage.answer("ann", stage.page(last=7))
    stage.happen(8)

    assert stage.sent["ann"] == ["ERROR INVALID_ARGUMENT"]
    assert stage.rules.rooms_count == 0


@pytest.mark.parametrize("after", [-1, 2**53, 1.5, "7"])
def test_what_is_no_sequence_is_refused(stage, after: object):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", after=after)

    assert stage.sent["ann"] == ["ERROR INVALID_ARGUMENT"]


def test_leaving_ends_a_replay(stage):
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", after=0)
    stage.answer("ann", stage.page(1, last=9))
    stage.say("ann", "LEAVE_ROOM")
    stage.answer("ann", stage.page(2, 3, last=9))
    stage.happen(10)

    assert stage.sent["ann"] == ["JOINED 0", "MESSAGE 1", "LEFT"]


def test_a_past_removal_is_replayed_as_history(stage):
    """Removed at 2, back at 3, and let in at version 3: the old removal ends nothing."""
    stage.connect("ann")
    stage.say("ann", "JOIN_ROOM", after=1)
    removed = RoomEvent(ROOM, 2, "member.removed", f'{{"memberId":"{ME}"}}', "t")
    added = RoomEvent(ROOM, 3, "member.added", f'{{"memberId":"{ME}"}}', "t")
    stage.answer("ann", LogPage(RoomPosition(3, 3), 0, (removed, added)))
    stage.happen(4)

    assert stage.sent["ann"] == ["JOINED 1", "MEMBER_REMOVED 2", "MEMBER_ADDED 3", "MESSAGE 4"]


class Play:
    """A log that grows, change capture that brings it in order but with repeats and holes, and chat that is asked."""

    def __init__(self, after: int, page_size: int, kept_max: int) -> None:
        self.stage = Stage(Limits(join_buffer_events_max=kept_max))
        self.log: list[RoomEvent] = []
        self.captured = 0
        self.page_size = page_size
        self.version = 1
        for _ in range(after + 2):
            self.write("message.created")
        self.stage.connect("ann")
        self.stage.say("ann", "JOIN_ROOM", after=after)

    def write(self, kind: str) -> None:
        who = f'{{"memberId":"{ME}"}}'
        payload = '{"id":"m","senderId":"a","content":"hi"}' if kind == "message.created" else who
        self.log.append(RoomEvent(ROOM, len(self.log) + 1, kind, payload, "t"))
        if kind != "message.created":
            self.version = len(self.log)

    @property
    def is_member(self) -> bool:
        changes = [event.type for event in self.log if event.type.startswith("member")]
        return not changes or changes[-1] == "member.added"

    def step(self, what: str) -> None:
        match what:
            case "write":
                self.write("message.created")
            case "leave" if self.is_member:
                self.write("member.removed")
            case "return" if not self.is_member:
                self.write("member.added")
            case "capture" if self.captured < len(self.log):
                self.captured += 1
                self.stage.obey(self.stage.rules.apply(self.log[self.captured - 1]))
            case "repeat" if self.captured:
                self.captured = max(0, self.captured - 2)
            case "lose" if self.captured < len(self.log) - 1:
                self.captured += 1
            case "answer":
                self.answer()

    def answer(self) -> None:
        if ("ann", ROOM) not in self.stage.asked:
            return
        after = self.stage.asked_after["ann", ROOM]
        if not self.is_member:
            self.stage.answer("ann", Problem(Code.FORBIDDEN, "no"))
            return
        page = tuple(self.log[after : after + self.page_size])
        self.stage.answer("ann", LogPage(RoomPosition(len(self.log), self.version), 0, page))

    def settle(self) -> None:
        """Let everything arrive and be answered; the last event is what shows a hole before it."""
        self.write("message.created")
        while self.captured < len(self.log):
            self.step("capture")
        for _ in range(3 * len(self.log)):
            self.answer()


STEPS = st.lists(
    st.sampled_from(["write", "write", "capture", "capture", "answer", "repeat", "lose", "leave", "return"]),
    max_size=60,
)


@settings(max_examples=400, deadline=None)
@given(after=st.integers(0, 4), steps=STEPS, page_size=st.integers(1, 4), kept_max=st.integers(1, 6))
def test_each_event_is_sent_once_and_in_order_and_none_after_the_end(
    after: int, steps: list[str], page_size: int, kept_max: int
):
    play = Play(after, page_size, kept_max)
    for step in steps:
        play.step(step)
    play.settle()
    told = play.stage.sent["ann"]
    events = [int(line.split()[1]) for line in told if line.split()[0] in {"MESSAGE", "MEMBER_ADDED", "MEMBER_REMOVED"}]
    ended = [place for place, line in enumerate(told) if line.startswith(("LEFT", "ERROR"))]

    assert events == list(range(after + 1, after + 1 + len(events)))
    assert ended in ([], [len(told) - 1])
    assert ended or len(events) == len(play.log) - after
    assert not ended or "member.removed" in {event.type for event in play.log}
