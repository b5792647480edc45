"""What Debezium may see: sessions without any secret, and a heartbeat that keeps the slot moving."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the heartbeat, the publication and the slot, and give the debezium role what it needs of them."""
    op.execute("""
        CREATE TABLE heartbeats (id int PRIMARY KEY, beat_at timestamptz NOT NULL DEFAULT now(), nonce text)""")
    op.execute("""
        CREATE PUBLICATION veigo_authentication FOR TABLE
            sessions (id, account_id, client_id, version, revoked_at, created_at, updated_at), heartbeats""")
    op.execute("GRANT SELECT ON sessions, heartbeats TO debezium")
    op.execute("GRANT INSERT, UPDATE ON heartbeats TO debezium")
    # A slot cannot be created in a transaction that has written, nor twice.
    with op.get_context().autocommit_block():
        op.execute("""
            SELECT pg_create_logical_replication_slot('veigo_authentication', 'pgoutput')
            WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'veigo_authentication')""")
