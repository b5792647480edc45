"""A past for rooms: messages written straight into chat's tables, as chat would have written them."""

from stack import postgres
from veigo.stack.stack import Stack

WRITE_WITHIN_S = 120

# Messages and their events at the room's next sequences, in one statement each; then where the room stands.
STATEMENTS = (
    """INSERT INTO messages (id, room_id, sender_id, content, sequence, revision, number, sent_digest)
       SELECT gen_random_uuid(), id, $2, 'hello', last_sequence + n, last_sequence + n, message_count + n, sha256('x')
       FROM rooms, generate_series(1, $3::int) AS n WHERE id = $1""",
    """INSERT INTO room_events (room_id, sequence, type, payload)
       SELECT room_id, messages.sequence, 'message.created',
              jsonb_build_object('id', messages.id, 'senderId', sender_id, 'content', content, 'number', number)
       FROM messages JOIN rooms ON rooms.id = room_id
       WHERE room_id = $1 AND sender_id = $2 AND messages.sequence > last_sequence
         AND messages.sequence <= last_sequence + $3::int ORDER BY messages.sequence""",
    """UPDATE rooms SET last_sequence = last_sequence + $3::int, message_count = message_count + $3::int
       WHERE id = $1 AND $2::uuid IS NOT NULL""",
)


async def write(stack: Stack, room: str, sender: str, messages: int) -> None:
    """Give a room so many messages it has had."""
    connection = await postgres.connect(stack, "chat_db")
    try:
        async with connection.transaction():
            for statement in STATEMENTS:
                await connection.execute(statement, room, sender, messages, timeout=WRITE_WITHIN_S)
    finally:
        await connection.close()
