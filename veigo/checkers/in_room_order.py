"""A room has one order, and everybody sees that one.

Three things are asked. On every socket a room's sequences only rise. A sequence belongs to one message, whoever is
asked: each socket, the sender's acknowledgement, Kafka. And the order is the real one: a message acknowledged before
another one was sent stands before it.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.history import Operation
from veigo.verdict import Finding


class InRoomOrder(Checker):
    """Every member saw a room's messages in the same, rising order."""

    promise = "Every member saw a room's messages in one and the same order"

    def check(self, ledger: Ledger) -> Finding:
        """Ask the three questions."""
        if not ledger.deliveries:
            return self.inconclusive("no socket received a message")

        wrong = [*_fallen(ledger), *_disagreements(ledger), *_overtaken(ledger)]
        if wrong:
            return self.violated(f"{len(wrong)} contradictions", wrong)
        rooms = len({frame.room for frame in ledger.deliveries})
        return self.holds(f"rooms: {rooms:,}, each in one order on all of {len(ledger.subscriptions):,} subscriptions")


def _fallen(ledger: Ledger) -> list[str]:
    """Find sequences that do not rise on a socket. An equal one is DeliveredOnce's business."""
    fallen = []
    highest: dict[tuple[int, str | None], int] = {}
    for frame in ledger.deliveries:
        where = (frame.socket, frame.room)
        if frame.sequence is None:
            fallen.append(f"message {frame.message_id} has no sequence on {ledger.who(frame.user)}'s socket")
            continue
        before = highest.get(where, 0)
        if frame.sequence < before:
            fallen.append(
                f"sequence {frame.sequence} after {before} on {ledger.who(frame.user)}'s socket in room {frame.room}",
            )
        highest[where] = max(before, frame.sequence)
    return fallen


def _disagreements(ledger: Ledger) -> list[str]:
    """Find places in a room that two witnesses give to two messages, and messages that have two places."""
    message_at: dict[tuple[str | None, int], dict[str | None, str]] = defaultdict(dict)
    place_of: dict[str | None, dict[tuple[str | None, int], str]] = defaultdict(dict)

    def note(room: str | None, sequence: int | None, message_id: str | None, source: str) -> None:
        if sequence is None:
            return
        message_at[room, sequence].setdefault(message_id, source)
        place_of[message_id].setdefault((room, sequence), source)

    for frame in ledger.deliveries:
        note(frame.room, frame.sequence, frame.message_id, f"{ledger.who(frame.user)}'s socket")
    for send in ledger.acknowledged():
        note(send.room, send.sequence, send.message_id, "its acknowledgement")
    for witnessed in ledger.witnessed.values():
        note(witnessed.room, witnessed.sequence, witnessed.message_id, "Kafka")

    shared = [
        f"sequence {sequence} of room {room} is " + _but(by)
        for (room, sequence), by in message_at.items()
        if len(by) > 1
    ]
    torn = [
        f"message {message} is at " + _but({place[1]: source for place, source in by.items()})
        for message, by in place_of.items()
        if len(by) > 1
    ]
    return shared + torn


def _but(claims: Mapping[Any, str]) -> str:
    return " but ".join(f"{claim} by {source}" for claim, source in claims.items())


def _overtaken(ledger: Ledger) -> list[str]:
    """Find messages placed before one that was acknowledged before they were sent."""
    rooms: dict[str | None, list[Operation]] = defaultdict(list)
    for send in ledger.acknowledged():
        if send.sequence is not None:
            rooms[send.room].append(send)
    return [line for sends in rooms.values() for line in _overtaken_in_one_room(sends)]


def _overtaken_in_one_room(sends: list[Operation]) -> list[str]:
    overtaken = []
    acknowledged = sorted(sends, key=lambda send: send.ended_ns)
    highest = 0
    at = 0
    for send in sorted(sends, key=lambda send: send.started_ns):
        while at < len(acknowledged) and acknowledged[at].ended_ns < send.started_ns:
            highest = max(highest, acknowledged[at].sequence or 0)
            at += 1
        if (send.sequence or 0) < highest:
            overtaken.append(
                f"message {send.message_id} got sequence {send.sequence} in room {send.room},"
                f" though {highest} had been acknowledged before it was sent",
            )
    return overtaken
