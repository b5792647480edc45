"""What an answer says, written into the operation that asked: the same for every client, whatever it waits with."""

from veigo.client.documents import CreateRoomData, ListMessagesData
from veigo.history import Operation


def room_was_made(operation: Operation, data: CreateRoomData) -> None:
    """The operation's `room` is the new one's id, and its `members` are everybody in it."""
    operation.room = data.created.information.id
    operation.members = [member.member_id for member in data.created.members]


def page_was_read(operation: Operation, data: ListMessagesData) -> None:
    """The operation has `read` these messages, and is `complete` if there are no more; None: nobody said."""
    operation.read = [record.id for record in data.listed.records]
    more = data.listed.metadata.has_more
    operation.complete = None if more is None else not more
