"""The inbox between protobuf and GraphQL. Pure."""

from protos.veigo.aggregator.v1 import aggregator_pb2
from services.gateway import inbox_types as shown
from services.gateway import types


def output(given: aggregator_pb2.ListInboxResponse) -> shown.InboxOutput:
    """Return a page of the inbox."""
    metadata = types.PaginationResponseMetadata(cursor=given.cursor or None, has_more=bool(given.cursor))
    return shown.InboxOutput(records=[_room(record) for record in given.records], metadata=metadata)


def _room(given: aggregator_pb2.InboxRoom) -> shown.InboxRoom:
    return shown.InboxRoom(
        id=given.id,
        name=given.name,
        type=types.RoomType.__members__.get(given.type),
        privacy=types.RoomPrivacy.__members__.get(given.privacy),
        photo_path=given.photo_path if given.HasField("photo_path") else None,
        description=given.description if given.HasField("description") else None,
        sequence=given.sequence,
        members=[_member(member) for member in given.members],
        members_count=given.members_count,
        last_message=_last_message(given.last_message) if given.HasField("last_message") else None,
        unread_count=given.unread_count,
        acknowledged_sequence=given.acknowledged_sequence,
    )


def _member(given: aggregator_pb2.InboxMember) -> shown.InboxMember:
    return shown.InboxMember(
        id=given.id,
        name=given.name if given.HasField("name") else None,
        photo_path=given.photo_path if given.HasField("photo_path") else None,
    )


def _last_message(given: aggregator_pb2.LastMessage) -> shown.LastMessage:
    return shown.LastMessage(
        id=given.id,
        sender_id=given.sender_id,
        content=given.content if given.HasField("content") else None,
        sequence=given.sequence,
        created_at=given.created_at,
        edited=given.edited,
    )
