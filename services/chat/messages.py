"""Rules for messages. Pure."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from services.chat import fields
from services.problems import Code, Problem

CONTENT_CHARACTERS_MAX = 4_000
NOT_YOURS = "Only its sender may change a message, and as a member of its room."


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is stored.

    Attributes:
        sequence: its place in the room's log.
        number: its place among the room's messages; deleting others does not move it.
        sent_digest: SHA-256 of the content it was sent with.
        deleted_at: when it was deleted; its content is empty since.
        revision: the sequence of its last edit or deletion, its own before the first.
    """

    id: uuid.UUID
    room_id: uuid.UUID
    sender_id: uuid.UUID
    content: str
    sequence: int
    number: int
    sent_digest: bytes
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    revision: int = 0


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

    It is returned as it is now: edited if it was edited since, empty if it was deleted since. Who repeats a send wants
    to know that it counted, and it did.

    Raises:
        Problem: ALREADY_EXISTS, when the id belongs to something else: answering would acknowledge what was not sent.
    """
    digest = hashlib.sha256(sent.content.encode()).digest()
    if (stored.room_id, stored.sender_id, stored.sent_digest) != (sent.room_id, sent.sender_id, digest):
        raise Problem(Code.ALREADY_EXISTS, "This messageId is taken; choose a new random UUID.", "messageId")
    return stored


Rewrite = Callable[[Message | None], Message]  # what becomes of a message, given as it is stored


def edited(content: str) -> Rewrite:
    """Return the edit that replaces a message's content.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    checked = fields.text("content", content, CONTENT_CHARACTERS_MAX)
    return lambda stored: replace(present(stored), content=checked)


def deleted(moment: datetime) -> Rewrite:
    """Return the deletion of a message: its content goes, its place stays."""
    return lambda stored: replace(present(stored), content="", deleted_at=moment)


def present(stored: Message | None) -> Message:
    """Return a message that is there and was not deleted.

    Raises:
        Problem: NOT_FOUND.
    """
    if stored is None:
        raise unknown_message()
    if stored.deleted_at is not None:
        raise Problem(Code.NOT_FOUND, "This message was deleted, which is final.", "messageId")
    return stored


def there(stored: Message | None) -> Message:
    """Return the message whose id was found taken; messages never go, so it is there."""
    assert stored is not None, "a message's row stays when it is deleted"
    return stored


def unknown_message() -> Problem:
    """Return the refusal of a message id that the room does not have."""
    return Problem(Code.NOT_FOUND, "There is no such message in this room; check messageId.", "messageId")
