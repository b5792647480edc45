"""The inbox of one person, joined from documents. Pure.

What is unread is a difference of two numbers, never a count: messages are numbered in their room, and whoever
acknowledges, writes or enters has seen everything up to there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.pages import forged

LIST = "inbox"
MEMBERS_SHOWN = 20

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mail:
    """What somebody has to do with a room they are in: how far they have read it, and how many messages that is."""

    room: str
    acknowledged: int
    seen: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A room of an inbox.

    Attributes:
        mail: what its reader has to do with it.
        room: its document.
        members: the first of its members, by id, with what is known of their profiles.
    """

    mail: Mail
    room: Document
    members: list[tuple[str, Document]] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """Its place in the inbox: when it changed last, then its id."""
        return self.room["changed"]["at"], self.mail.room

    @property
    def unread(self) -> int:
        """Messages its reader has not seen."""
        return max(0, int(self.room.get("messageCount", 0)) - self.mail.seen)

    @property
    def members_count(self) -> int:
        """Members it has, shown or not."""
        return max(len(self.members), int(self.room.get("members", {}).get("count", 0)))


def mails(mailboxes: Iterable[Document]) -> list[Mail]:
    """Return the rooms somebody is in now, out of their mailboxes."""
    found = []
    for mailbox in mailboxes:
        for room, parts in mailbox.get("rooms", {}).items():
            state = parts.get("state", {})
            if not state.get("active"):
                continue
            read = parts.get("read", {})
            seen = max(read.get("number", 0), parts.get("sent", 0), state.get("messageCount", 0))
            found.append(Mail(room, read.get("sequence", 0), seen))
    return found


def after(entries: Iterable[Entry], place: tuple[str, str] | None) -> list[Entry]:
    """Return the entries after a place, the newest change first."""
    ordered = sorted(entries, key=lambda entry: entry.key, reverse=True)
    return [entry for entry in ordered if place is None or entry.key < place]


def key_text(entry: Entry) -> str:
    """Return an entry's place as the text in a cursor."""
    return " ".join(entry.key)


def place(text: str | None) -> tuple[str, str] | None:
    """Return the place that a cursor names; None at the beginning.

    Raises:
        Problem: INVALID_ARGUMENT, for a forged cursor.
    """
    if text is None:
        return None
    at, separator, room = text.partition(" ")
    if not (at and separator and room):
        raise forged()
    return at, room


def shown(rosters: Iterable[Document]) -> list[str]:
    """Return the first members of a room, by id, out of its rosters."""
    active = (member for roster in rosters for member, state in roster["members"].items() if state["active"])
    return sorted(active)[:MEMBERS_SHOWN]
