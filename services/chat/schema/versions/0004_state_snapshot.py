"""What a snapshot of the tables must say so that the read model can be made from it alone (docs/decisions/0009)."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Keep in each row what only its events said so far, fill it in, and let Debezium read the tables."""
    # changed_at: when the log's newest event was written.
    op.execute("ALTER TABLE rooms ADD COLUMN changed_at timestamptz")
    op.execute("""
        UPDATE rooms SET changed_at = coalesce(
            (SELECT created_at FROM room_events WHERE room_id = rooms.id AND sequence = last_sequence), updated_at)""")
    op.execute("ALTER TABLE rooms ALTER COLUMN changed_at SET NOT NULL, ALTER COLUMN changed_at SET DEFAULT now()")
    # message_count: messages the room had when its member came.
    op.execute("ALTER TABLE room_members ADD COLUMN message_count bigint NOT NULL DEFAULT 0")
    op.execute("""
        UPDATE room_members SET message_count = coalesce((payload->>'messageCount')::bigint, 0)
        FROM room_events
        WHERE room_events.room_id = room_members.room_id AND room_events.sequence = room_members.sequence""")
    # revision: the sequence of the message's last edit or deletion; its own while there is none.
    op.execute("ALTER TABLE messages ADD COLUMN revision bigint")
    op.execute("""
        UPDATE messages SET revision = greatest(sequence, edits.newest)
        FROM (
            SELECT messages.id, max(room_events.sequence) AS newest
            FROM messages LEFT JOIN room_events
                ON room_events.room_id = messages.room_id AND payload->>'id' = messages.id::text
            GROUP BY messages.id
        ) AS edits
        WHERE messages.id = edits.id""")
    op.execute("ALTER TABLE messages ALTER COLUMN revision SET NOT NULL")
    op.execute("GRANT SELECT ON rooms, room_members, messages TO debezium")
