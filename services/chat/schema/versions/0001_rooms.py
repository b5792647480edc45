"""Profiles, rooms, members, messages, and the ordered log of every room."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables and let the service use them."""
    op.execute("""
        CREATE TABLE profiles (
            id         uuid PRIMARY KEY,
            photo_path text,
            name       text NOT NULL,
            about      text NOT NULL DEFAULT '',
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        )""")
    # last_sequence is taken by UPDATE … RETURNING, so its row lock makes sequence order, commit order and WAL order
    # the same thing. The fill factor leaves room for those updates to stay on their page.
    op.execute("""
        CREATE TABLE rooms (
            id                 uuid PRIMARY KEY DEFAULT uuidv7(),
            photo_path         text,
            name               text NOT NULL,
            description        text,
            type               text NOT NULL CHECK (type IN ('direct', 'group')),
            privacy            text NOT NULL CHECK (privacy IN ('private', 'public')),
            last_sequence      bigint NOT NULL,
            membership_version bigint NOT NULL,
            created_at         timestamptz NOT NULL DEFAULT now(),
            updated_at         timestamptz NOT NULL DEFAULT now()
        ) WITH (fillfactor = 50)""")
    op.execute("""
        CREATE TABLE room_members (
            room_id    uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
            member_id  uuid NOT NULL REFERENCES profiles ON DELETE CASCADE,
            sequence   bigint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (room_id, member_id),
            UNIQUE (room_id, sequence)
        )""")
    op.execute("CREATE INDEX room_members_member_idx ON room_members (member_id, room_id)")
    op.execute("""
        CREATE TABLE messages (
            id         uuid PRIMARY KEY,
            room_id    uuid NOT NULL REFERENCES rooms ON DELETE CASCADE,
            sender_id  uuid NOT NULL REFERENCES profiles,
            content    text NOT NULL CHECK (content <> ''),
            sequence   bigint NOT NULL,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now(),
            UNIQUE (room_id, sequence)
        )""")
    # Insert-only: no unchanged-TOAST holes in its change records, no before-image needed, one index scan to resume.
    # No foreign key: the log may outlive its room, as the place where the room's end is written.
    op.execute("""
        CREATE TABLE room_events (
            room_id     uuid NOT NULL,
            sequence    bigint NOT NULL CHECK (sequence > 0),
            type        text NOT NULL,
            payload     jsonb NOT NULL,
            traceparent text,
            created_at  timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (room_id, sequence)
        )""")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON profiles, rooms, room_members, messages TO chat_service")
    op.execute("GRANT SELECT, INSERT ON room_events TO chat_service")
