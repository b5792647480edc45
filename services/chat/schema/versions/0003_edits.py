"""Edits and deletions, one direct room for each pair, how far each member has read, and how far each log still goes."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what the complete chat needs, fill it in for the rows there are, and show Debezium what is new."""
    op.execute("ALTER TABLE profiles ADD COLUMN deleted_at timestamptz")
    _rooms()
    _messages()
    _read_marks()
    # Retention asks for what is older than a moment. The log grows in time's order, so a block range index answers
    # that from a few pages, and an insert pays next to nothing for it.
    op.execute("CREATE INDEX room_events_created_idx ON room_events USING brin (created_at)")
    op.execute("GRANT DELETE ON room_events TO chat_service")  # the retention job


def _rooms() -> None:
    # pair: the two people of a direct room in ascending order, which makes it the only one of theirs.
    # message_count: messages ever written, so that what is unread is a difference and never a count.
    # member_count: members there are, so that nobody has to count them.
    # log_horizon: the log's events up to here are gone.
    op.execute("""
        ALTER TABLE rooms
            ADD COLUMN pair uuid[] UNIQUE,
            ADD COLUMN message_count bigint NOT NULL DEFAULT 0,
            ADD COLUMN member_count bigint NOT NULL DEFAULT 0,
            ADD COLUMN log_horizon bigint NOT NULL DEFAULT 0""")
    # The oldest direct room of two people is theirs; what was made beside it goes on as a group.
    op.execute("""
        WITH pairs AS (
            SELECT room_id, array_agg(member_id ORDER BY member_id) AS pair
            FROM room_members JOIN rooms ON rooms.id = room_id WHERE type = 'direct'
            GROUP BY room_id HAVING count(*) = 2
        ), oldest AS (
            SELECT DISTINCT ON (pair) room_id, pair FROM pairs ORDER BY pair, room_id
        )
        UPDATE rooms SET pair = oldest.pair FROM oldest WHERE rooms.id = oldest.room_id""")
    op.execute("UPDATE rooms SET type = 'group' WHERE type = 'direct' AND pair IS NULL")
    op.execute("""
        UPDATE rooms SET message_count = counted.messages
        FROM (SELECT room_id, count(*) AS messages FROM messages GROUP BY room_id) AS counted
        WHERE rooms.id = counted.room_id""")
    op.execute("""
        UPDATE rooms SET member_count = counted.members
        FROM (SELECT room_id, count(*) AS members FROM room_members GROUP BY room_id) AS counted
        WHERE rooms.id = counted.room_id""")
    op.execute("ALTER TABLE rooms ADD CONSTRAINT rooms_pair_check CHECK ((pair IS NOT NULL) = (type = 'direct'))")


def _messages() -> None:
    # number: the message's place among the room's messages, deleted ones included.
    # sent_digest: SHA-256 of the content as it was sent first, by which a repeated send is known after an edit.
    op.execute("""
        ALTER TABLE messages
            ADD COLUMN number bigint,
            ADD COLUMN sent_digest bytea CHECK (length(sent_digest) = 32),
            ADD COLUMN deleted_at timestamptz""")
    op.execute("""
        UPDATE messages SET number = numbered.number, sent_digest = sha256(convert_to(content, 'UTF8'))
        FROM (
            SELECT id, row_number() OVER (PARTITION BY room_id ORDER BY sequence) AS number FROM messages
        ) AS numbered
        WHERE messages.id = numbered.id""")
    op.execute("""
        ALTER TABLE messages
            ALTER COLUMN number SET NOT NULL,
            ALTER COLUMN sent_digest SET NOT NULL,
            DROP CONSTRAINT messages_content_check,
            ADD CONSTRAINT messages_content_check CHECK ((content = '') = (deleted_at IS NOT NULL))""")


def _read_marks() -> None:
    op.execute("""
        CREATE TABLE read_marks (
            room_id    uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
            member_id  uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
            sequence   bigint NOT NULL,
            number     bigint NOT NULL,
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (room_id, member_id)
        )""")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON read_marks TO chat_service")
    op.execute("ALTER PUBLICATION veigo_chat ADD TABLE read_marks")
    op.execute("GRANT SELECT ON read_marks TO debezium")
