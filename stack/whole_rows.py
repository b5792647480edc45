"""What must be true of the rows in PostgreSQL whatever was asked of the services: nothing is half-written.

Each check is a sentence and the SQL that finds what contradicts it. Who runs it sees a moment between two transactions.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # generic in the type stubs only
    import asyncpg

    Connection = asyncpg.Connection[asyncpg.Record]

CHECKS = {
    "chat_db": {
        "a room's log is dense from its horizon to its end": """
            SELECT id FROM rooms
            LEFT JOIN (SELECT room_id, count(*), min(sequence), max(sequence) FROM room_events GROUP BY room_id) AS log
                ON room_id = id
            WHERE coalesce(count, 0) <> last_sequence - log_horizon
                OR (count > 0 AND (min <> log_horizon + 1 OR max <> last_sequence))""",
        "a room counts its messages": """
            SELECT id FROM rooms WHERE message_count <> (SELECT count(*) FROM messages WHERE room_id = rooms.id)""",
        "a room counts its members": """
            SELECT id FROM rooms WHERE member_count <> (SELECT count(*) FROM room_members WHERE room_id = rooms.id)""",
        "a room's membership version is a place in its log": """
            SELECT id FROM rooms WHERE membership_version NOT BETWEEN 1 AND last_sequence""",
        "a direct room has two people": """
            SELECT id FROM rooms WHERE type = 'direct' AND cardinality(pair) <> 2""",
        "every message has its event, unless retention took it": """
            SELECT messages.id FROM messages JOIN rooms ON rooms.id = messages.room_id
            WHERE messages.sequence > log_horizon AND NOT EXISTS (
                SELECT FROM room_events WHERE room_events.room_id = messages.room_id
                    AND room_events.sequence = messages.sequence AND type = 'message.created'
                    AND payload->>'id' = messages.id::text)""",
        "nobody has read beyond a log's end": """
            SELECT room_id FROM read_marks JOIN rooms ON rooms.id = room_id WHERE sequence > last_sequence""",
        "who deleted their profile is in no group": """
            SELECT member_id FROM room_members JOIN profiles ON profiles.id = member_id JOIN rooms ON rooms.id = room_id
            WHERE profiles.deleted_at IS NOT NULL AND rooms.type = 'group'""",
    },
    "auth_db": {
        "an account came with its first session": """
            SELECT id FROM accounts WHERE NOT EXISTS (SELECT FROM sessions WHERE account_id = accounts.id)""",
    },
}


async def contradictions(connection: "Connection", database: str) -> list[str]:
    """Return every check of a database that does not hold, with how many rows contradict it."""
    found = []
    for sentence, sql in CHECKS[database].items():
        rows = await connection.fetch(sql)
        if rows:
            found.append(f"not so: {sentence}; {len(rows)} rows, {rows[0][0]} first")
    return found
