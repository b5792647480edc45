"""What people do with messages: each field is one call to chat, as the caller."""

import strawberry
from strawberry import UNSET

from protos.veigo.chat.v1 import chat_pb2
from services.gateway import edits, translate
from services.gateway.operation import Info, operation
from services.gateway.types import Acknowledged, Message


@strawberry.type
class MessageMutations:
    """Messages, and how far they were read."""

    @operation(
        "CreateMessage",
        "Send a message; with a `messageId` (a UUID) of your own it is safe to repeat.",
    )
    async def create_message(
        self, info: Info, room_id: str, content: str, message_id: str | None = UNSET
    ) -> Message | None:
        """Send a message."""
        caller = info.context
        request = translate.create_message_request(room_id, content, message_id)
        reply = await caller.ask_as_caller(caller.backends.messages.CreateMessage, request)
        return translate.message(reply.message)

    @operation("UpdateMessage", "Replace the content of a message of yours.")
    async def update_message(
        self, info: Info, room_id: str, message_id: str, content: str | None = UNSET
    ) -> Message | None:
        """Edit a message."""
        caller = info.context
        request = edits.update_message_request(room_id, message_id, content)
        reply = await caller.ask_as_caller(caller.backends.messages.UpdateMessage, request)
        return translate.message(reply.message)

    @operation("DeleteMessage", "Delete a message of yours; returns it as it was.")
    async def delete_message(self, info: Info, room_id: str, message_id: str) -> Message | None:
        """Delete a message."""
        caller = info.context
        request = chat_pb2.DeleteMessageRequest(
            room_id=translate.text("roomId", room_id), message_id=translate.text("messageId", message_id)
        )
        reply = await caller.ask_as_caller(caller.backends.messages.DeleteMessage, request)
        return translate.message(reply.message)

    @operation("AcknowledgeMessages", "Note that you have read a room up to a sequence; it never goes back.")
    async def acknowledge_messages(self, info: Info, room_id: str, sequence: int) -> Acknowledged | None:
        """Note how far the caller has read."""
        caller = info.context
        request = chat_pb2.AcknowledgeMessagesRequest(room_id=translate.text("roomId", room_id), sequence=sequence)
        reply = await caller.ask_as_caller(caller.backends.members.AcknowledgeMessages, request)
        return Acknowledged(sequence=reply.sequence)
