"""An inbox out of documents: what is shown, in which order, and how much of it is unread."""

import pytest

from services.aggregator import inbox
from services.aggregator.inbox import Entry, Mail
from services.problems import Problem


def mailbox(**rooms):
    return {"member": "ann", "rooms": rooms}


def entry(room, at, seen=0, messages=0):
    document = {"changed": {"sequence": 1, "at": at}, "details": {}, "messageCount": messages}
    return Entry(Mail(room, 0, seen), document)


def test_rooms_that_were_left_are_not_in_the_inbox():
    there = {"state": {"version": 2, "active": True, "messageCount": 0}}
    gone = {"state": {"version": 5, "active": False, "messageCount": 0}}

    assert [Mail("r", 0, 0)] == inbox.mails([mailbox(r=there, s=gone)])


def test_a_mark_without_a_membership_is_no_room():
    """It may come through first."""
    assert [] == inbox.mails([mailbox(r={"read": {"sequence": 5, "number": 3}})])


@pytest.mark.parametrize(
    ("parts", "seen"),
    [
        ({}, 2),
        ({"read": {"sequence": 9, "number": 7}}, 7),
        ({"sent": 5}, 5),
        ({"read": {"sequence": 9, "number": 7}, "sent": 8}, 8),
        ({"read": {"sequence": 1, "number": 1}}, 2),
    ],
    ids=["entered", "acknowledged", "wrote", "wrote-after", "read-before-it-entered-again"],
)
def test_whoever_enters_acknowledges_or_writes_has_seen_all_before(parts, seen):
    state = {"state": {"version": 2, "active": True, "messageCount": 2}}
    [mail] = inbox.mails([mailbox(r=state | parts)])

    assert seen == mail.seen


@pytest.mark.parametrize(("messages", "seen", "unread"), [(9, 7, 2), (9, 9, 0), (3, 5, 0)])
def test_unread_is_what_was_written_and_not_seen(messages, seen, unread):
    """A mark that came through before the messages it speaks of is no debt."""
    assert unread == entry("r", "t", seen, messages).unread


def test_the_newest_change_comes_first_and_a_place_divides():
    entries = [entry("a", "t1"), entry("b", "t3"), entry("c", "t2"), entry("d", "t2")]
    first = inbox.after(entries, None)
    rest = inbox.after(entries, inbox.place(inbox.key_text(first[1])))

    assert ["b", "d", "c", "a"] == [each.mail.room for each in first]
    assert ["c", "a"] == [each.mail.room for each in rest]


@pytest.mark.parametrize("forged", ["", " ", "x", "t ", " r"])
def test_a_place_that_is_none_is_refused(forged):
    with pytest.raises(Problem) as refused:
        inbox.place(forged)

    assert "cursor" == refused.value.field


def test_the_first_twenty_members_are_shown():
    rosters = [
        {"members": {f"{letter}{number:02}": {"active": number != 3} for number in range(15)}} for letter in "ba"
    ]
    shown = inbox.shown(rosters)

    assert 20 == len(shown)
    assert ["a00", "a01", "a02", "a04"] == shown[:4]
