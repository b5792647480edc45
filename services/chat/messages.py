"""Rules for messages. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from services.chat import fields
from services.problems import Code, Problem

CONTENT_CHARACTERS_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is stored; `sequence` is its place in the room's log."""

    id: uuid.UUID
    room_id: uuid.UUID
    sender_id: uuid.UUID
    content: str
    sequence: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message to create, checked; its id makes sending it again harmless."""

    id: uuid.UUID
    room_id: uuid.UUID
    sender_id: uuid.UUID
    content: str


def new_message(sender: uuid.UUID, room_id: str, content: str, message_id: str, fresh_id: uuid.UUID) -> NewMessage:
    """Return a message that may be sent; `fresh_id` is its id when the client chose none.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    return NewMessage(
        fields.identifier("messageId", message_id) if message_id else fresh_id,
        fields.identifier("roomId", room_id),
        sender,
        fields.text("content", content, CONTENT_CHARACTERS_MAX),
    )


def same_send(stored: Message, sent: NewMessage) -> Message:
    """Return the stored message when `sent` is a repetition of it.

    Raises:
        Problem: ALREADY_EXISTS, when the id belongs to something else: answering would acknowledge what was not sent.
    """
    if (stored.room_id, stored.sender_id, stored.content) != (sent.room_id, sent.sender_id, sent.content):
        raise Problem(Code.ALREADY_EXISTS, "This messageId is taken; choose a new random UUID.", "messageId")
    return stored
