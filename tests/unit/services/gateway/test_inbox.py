"""The inbox as GraphQL shows it."""

from protos.veigo.aggregator.v1 import aggregator_pb2 as pb
from services.gateway import inbox, types


def test_what_is_absent_is_null():
    """A room nobody wrote in, with a member whose profile has not come through."""
    room = pb.InboxRoom(id="r", name="Room", type="group", privacy="private", members=[pb.InboxMember(id="a")])
    shown = inbox.output(pb.ListInboxResponse(records=[room])).records[0]

    assert (types.RoomType.group, types.RoomPrivacy.private) == (shown.type, shown.privacy)
    assert (None, None, None) == (shown.photo_path, shown.description, shown.last_message)
    assert (None, None) == (shown.members[0].name, shown.members[0].photo_path)


def test_a_deleted_last_message_keeps_its_place_and_shows_no_words():
    """Content is absent then, which is not the same as empty."""
    last = pb.LastMessage(id="m", sender_id="a", sequence=7, created_at="2026-01-31T09:30:00Z", edited=True)
    shown = inbox.output(pb.ListInboxResponse(records=[pb.InboxRoom(last_message=last)])).records[0].last_message

    assert (7, None, True) == (shown.sequence, shown.content, shown.edited)


def test_a_type_of_a_later_version_is_null():
    """The aggregator may know more than this gateway."""
    shown = inbox.output(pb.ListInboxResponse(records=[pb.InboxRoom(type="broadcast")])).records[0]

    assert shown.type is None


def test_the_cursor_says_whether_there_is_more():
    """An empty cursor is null."""
    last, first = [inbox.output(pb.ListInboxResponse(cursor=cursor)).metadata for cursor in ("", "next")]

    assert (None, False) == (last.cursor, last.has_more)
    assert ("next", True) == (first.cursor, first.has_more)
