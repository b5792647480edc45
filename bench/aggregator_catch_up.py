"""How fast the aggregator catches up from an empty read model: `python bench/aggregator_catch_up.py`.

It starts a stack of its own, writes rooms, members and messages straight into chat's tables, as chat would have, waits
until change capture has brought them, and then has the read model rebuilt from Kafka, which prints the records a second
and holds the result against PostgreSQL. Two mixes: mostly messages, as chats are, and nearly only memberships.

Known gap: one machine for everything, so Kafka, MongoDB and OPA take their share of the two cores while it is measured.
"""

import asyncio
import subprocess
import sys
from dataclasses import dataclass

from stack import postgres, rest
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.stack.problem import NotReadyError
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

NAME = "bench"
WITHIN_S = 900
PEOPLE = 2_000


@dataclass(frozen=True)
class Mix:
    """So many rooms, each with so many members and messages."""

    title: str
    rooms: int
    members: int
    messages: int


MIXES = (
    Mix("mostly messages", rooms=250, members=20, messages=100),
    Mix("nearly only memberships", rooms=150, members=200, messages=2),
)

# As chat writes them: rows of state, and for each change an event at the room's next sequence.
STATEMENTS = (
    "INSERT INTO profiles (id, name) SELECT gen_random_uuid(), 'Person ' || n FROM generate_series(1, {people}) AS n",
    """INSERT INTO rooms (name, type, privacy, last_sequence, membership_version, member_count, message_count)
       SELECT 'Room ' || n, 'group', 'private', 1 + {members} + {messages}, 1 + {members}, {members}, {messages}
       FROM generate_series(1, {rooms}) AS n""",
    """INSERT INTO room_events (room_id, sequence, type, payload)
       SELECT id, 1, 'room.created', jsonb_build_object('name', name, 'type', type, 'privacy', privacy)
       FROM rooms WHERE name LIKE 'Room %'""",
    """INSERT INTO room_members (room_id, member_id, sequence)
       SELECT rooms.id, people.id, 1 + place
       FROM rooms, (SELECT id, row_number() OVER (ORDER BY id) AS place FROM profiles
                    WHERE name LIKE 'Person %') AS people
       WHERE rooms.name LIKE 'Room %' AND place <= {members}""",
    """INSERT INTO room_events (room_id, sequence, type, payload)
       SELECT room_id, room_members.sequence, 'member.added', jsonb_build_object(
           'memberId', member_id, 'messageCount', 0, 'memberCount', room_members.sequence - 1)
       FROM room_members JOIN rooms ON rooms.id = room_id WHERE name LIKE 'Room %' ORDER BY 1, 2""",
    """INSERT INTO messages (id, room_id, sender_id, content, sequence, revision, number, sent_digest)
       SELECT gen_random_uuid(), rooms.id, member_id, 'hello', 1 + {members} + n, 1 + {members} + n, n, sha256('x')
       FROM rooms JOIN room_members ON room_id = rooms.id AND room_members.sequence = 2,
            generate_series(1, {messages}) AS n
       WHERE name LIKE 'Room %'""",
    """INSERT INTO room_events (room_id, sequence, type, payload)
       SELECT room_id, sequence, 'message.created',
              jsonb_build_object('id', id, 'senderId', sender_id, 'content', content, 'number', number)
       FROM messages WHERE sent_digest = sha256('x') ORDER BY 1, 2""",
)


def veigo(*arguments: str) -> None:
    """Run a command, and end with it if it fails."""
    command = [sys.executable, "-m", "veigo", *arguments]
    if subprocess.run(command, timeout=WITHIN_S, check=False).returncode:  # noqa: S603 - our own command
        raise SystemExit(f"veigo {' '.join(arguments)} failed")


async def write(mix: Mix, records: int) -> None:
    """Write a mix into chat's tables, and wait until change capture has brought so many records of it."""
    stack = Stack.existing(TOPOLOGY, toolchain(), NAME)
    assert stack is not None, "it was just started"
    connection = await postgres.connect(stack, "chat_db")
    try:
        async with connection.transaction():
            for statement in STATEMENTS:
                await connection.execute(
                    statement.format(people=PEOPLE, rooms=mix.rooms, members=mix.members, messages=mix.messages),
                    timeout=WITHIN_S,
                )
    finally:
        await connection.close()

    async def captured() -> None:
        page = await rest.request(stack.address("aggregator"), "GET", "/healthz")
        if page["records"]["applied"] < records:
            raise NotReadyError(f"{page['records']['applied']:,} of {records:,} records came")

    await until(captured, WITHIN_S, "change capture did not bring everything")


def main() -> None:
    """Measure each mix on a fresh stack."""
    for mix in MIXES:
        events = mix.rooms * (1 + mix.members + mix.messages)
        print(f"{mix.title}: {events:,} events in {mix.rooms} rooms, and {PEOPLE:,} profiles")  # noqa: T201
        try:
            veigo("down", "--name", NAME, "--purge")
            veigo("up", "--name", NAME)
            asyncio.run(write(mix, events + PEOPLE))
            veigo("rebuild", "--name", NAME)
        finally:
            veigo("down", "--name", NAME, "--purge")


if __name__ == "__main__":
    main()
