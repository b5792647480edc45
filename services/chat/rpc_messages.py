"""MessageService: protobuf in, rules and store in the middle, protobuf out."""

import uuid
from datetime import UTC, datetime

import grpc

from protos.veigo.chat.v1 import chat_pb2 as pb
from protos.veigo.chat.v1 import chat_pb2_grpc as pb_grpc
from services import pages, tracing
from services.chat import fields, messages, rooms, translate
from services.chat.authorization import Authorization, Caller
from services.chat.message_store import MessageExists, MessageStore
from spans.told import CLIENT, MESSAGE_ID, ROOM_ID

INSERT = {"db.system.name": "postgresql", "db.operation.name": "INSERT", "db.collection.name": "messages"}


class Messages(pb_grpc.MessageServiceServicer):
    """Answers for messages."""

    def __init__(self, store: MessageStore, authorization: Authorization) -> None:
        self._messages = store
        self._authorization = authorization

    async def CreateMessage(
        self, request: pb.CreateMessageRequest, context: grpc.aio.ServicerContext
    ) -> pb.CreateMessageResponse:
        """Send a message; sending it again under the same id answers with the first."""
        caller = await self._authorization.identify(context)
        wanted = messages.new_message(caller.id, request.room_id, request.content, request.message_id, uuid.uuid4())
        tracing.note({MESSAGE_ID: str(wanted.id), ROOM_ID: str(wanted.room_id)})

        async def append(version: int) -> messages.Message:
            return await self._append(wanted, version, caller)

        sent = await self._authorization.change_room("send_message", caller, wanted.room_id, rooms.NOT_A_MEMBER, append)
        return pb.CreateMessageResponse(message=translate.message(sent))

    async def ListMessages(
        self, request: pb.ListMessagesRequest, context: grpc.aio.ServicerContext
    ) -> pb.ListMessagesResponse:
        """Return a page of a room's messages."""
        caller = await self._authorization.identify(context)
        room_id = fields.identifier("roomId", request.room_id)
        wanted = pages.page(request.page.cursor, request.page.size, "messages")
        await self._authorization.check_room("read_room", caller, room_id, rooms.NOT_A_MEMBER)
        found = await self._messages.page(room_id, pages.number(wanted.after), wanted.fetch)
        rows, cursor = pages.cut(found, wanted, "messages", lambda message: message.sequence)
        return pb.ListMessagesResponse(
            records=[translate.message(message) for message in rows], metadata=translate.page_info(cursor)
        )

    async def UpdateMessage(
        self, request: pb.UpdateMessageRequest, context: grpc.aio.ServicerContext
    ) -> pb.UpdateMessageResponse:
        """Replace the content of a message of the caller's."""
        caller = await self._authorization.identify(context)
        rewrite = messages.edited(request.content)
        _, edited = await self._rewrite(caller, request.room_id, request.message_id, rewrite)
        return pb.UpdateMessageResponse(message=translate.message(edited))

    async def DeleteMessage(
        self, request: pb.DeleteMessageRequest, context: grpc.aio.ServicerContext
    ) -> pb.DeleteMessageResponse:
        """Delete a message of the caller's."""
        caller = await self._authorization.identify(context)
        rewrite = messages.deleted(datetime.now(UTC))
        deleted, _ = await self._rewrite(caller, request.room_id, request.message_id, rewrite)
        return pb.DeleteMessageResponse(message=translate.message(deleted))

    async def _rewrite(
        self, caller: Caller, room: str, message: str, rewrite: messages.Rewrite
    ) -> tuple[messages.Message, messages.Message]:
        room_id, message_id = fields.identifier("roomId", room), fields.identifier("messageId", message)
        stored = await self._messages.message(message_id)
        if stored is None or stored.room_id != room_id:
            # Only members learn that there is no such message.
            await self._authorization.check_room("send_message", caller, room_id, rooms.NOT_A_MEMBER)
            raise messages.unknown_message()

        async def change(version: int) -> tuple[messages.Message, messages.Message]:
            return await self._messages.rewrite(room_id, version, message_id, rewrite, caller.traceparent)

        refusal = rooms.NOT_A_MEMBER if stored.sender_id == caller.id else messages.NOT_YOURS
        about = {"message": {"senderId": str(stored.sender_id)}}
        return await self._authorization.change_room("edit_message", caller, room_id, refusal, change, about)

    async def _append(self, wanted: messages.NewMessage, version: int, caller: Caller) -> messages.Message:
        try:
            with tracing.span("INSERT messages", CLIENT, INSERT):
                return await self._messages.append(wanted, version, caller.traceparent)
        except MessageExists:
            stored = await self._messages.message(wanted.id)
        return messages.same_send(messages.there(stored), wanted)
