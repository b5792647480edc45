"""InboxService: protobuf in, documents joined in the middle, protobuf out."""

import grpc

from protos.veigo.aggregator.v1 import aggregator_pb2 as pb
from protos.veigo.aggregator.v1 import aggregator_pb2_grpc as pb_grpc
from services import pages
from services.access_tokens import TokenVerifier
from services.aggregator import inbox
from services.aggregator.inbox import Entry
from services.aggregator.inbox_reader import InboxReader
from services.decisions import DecisionPoint, Outcome
from services.problems import Code, Problem

SERVICE = pb.DESCRIPTOR.services_by_name["InboxService"].full_name


class Inbox(pb_grpc.InboxServiceServicer):
    """Answers for inboxes; everybody sees their own."""

    def __init__(self, reader: InboxReader, verifier: TokenVerifier, decisions: DecisionPoint) -> None:
        self._reader = reader
        self._verifier = verifier
        self._decisions = decisions

    async def ListInbox(self, request: pb.ListInboxRequest, context: grpc.aio.ServicerContext) -> pb.ListInboxResponse:
        """Return a page of the caller's inbox."""
        member = await self._caller(context)
        wanted = pages.page(request.cursor, request.size, inbox.LIST)
        found = await self._reader.entries(member, inbox.place(wanted.after), wanted.fetch)
        rows, cursor = pages.cut(found, wanted, inbox.LIST, inbox.key_text)
        whole = await self._reader.with_members(list(rows))
        return pb.ListInboxResponse(records=[_room(entry) for entry in whole], cursor=cursor)

    async def _caller(self, context: grpc.aio.ServicerContext) -> str:
        text = dict(context.invocation_metadata() or ()).get("token")
        if not isinstance(text, str) or not text:
            raise Problem(Code.UNAUTHENTICATED, "Send an access token; SignIn gives one.")
        token = await self._verifier.verify(text)
        session = {"id": token.session_id, "version": token.session_version}
        decision = await self._decisions.settle("use_access_token", {"session": session})
        if decision.outcome is not Outcome.ALLOW:
            raise Problem(Code.UNAUTHENTICATED, "Your session was ended; sign in again.")
        return token.account_id


def _room(entry: Entry) -> pb.InboxRoom:
    room = entry.room
    details, last = room["details"], room.get("lastMessage")
    return pb.InboxRoom(
        id=entry.mail.room,
        name=details["name"],
        type=room.get("type", ""),
        privacy=room.get("access", {}).get("privacy", ""),
        photo_path=details["photoPath"],
        description=details["description"],
        sequence=room["changed"]["sequence"],
        members=[
            pb.InboxMember(
                id=member,
                name=profile.get("name") if profile.get("active") else None,
                photo_path=profile.get("photoPath") if profile.get("active") else None,
            )
            for member, profile in entry.members
        ],
        members_count=entry.members_count,
        last_message=None if last is None else _last_message(last),
        unread_count=entry.unread,
        acknowledged_sequence=entry.mail.acknowledged,
    )


def _last_message(last: inbox.Document) -> pb.LastMessage:
    return pb.LastMessage(
        id=last["id"],
        sender_id=last["senderId"],
        content=last["content"],
        sequence=last["sequence"],
        created_at=last["createdAt"],
        edited=last["content"] is not None and last["revision"] > last["sequence"],
    )
