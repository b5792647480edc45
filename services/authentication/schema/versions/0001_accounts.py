"""Accounts, their sessions (one sign-in on one device) and the refresh tokens of each session."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables and let the service use them."""
    op.execute("""
        CREATE TABLE accounts (
            id                uuid PRIMARY KEY,
            email             text NOT NULL,
            is_email_verified boolean NOT NULL DEFAULT false,
            phone             text UNIQUE,
            is_phone_verified boolean NOT NULL DEFAULT false,
            password_hash     text NOT NULL,
            created_at        timestamptz NOT NULL DEFAULT now(),
            updated_at        timestamptz NOT NULL DEFAULT now()
        )""")
    op.execute("CREATE UNIQUE INDEX accounts_email_key ON accounts (lower(email))")
    # version counts what a decision must know of (today: the revocation), so a token can say which state of its
    # session it was issued in. This is the only table of this database that change data capture sees.
    op.execute("""
        CREATE TABLE sessions (
            id         uuid PRIMARY KEY,
            account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
            client_id  text NOT NULL,
            version    bigint NOT NULL DEFAULT 1,
            revoked_at timestamptz,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        )""")
    op.execute("CREATE UNIQUE INDEX sessions_device_key ON sessions (account_id, client_id) WHERE revoked_at IS NULL")
    op.execute("""
        CREATE TABLE refresh_tokens (
            id         uuid PRIMARY KEY,
            session_id uuid NOT NULL REFERENCES sessions ON DELETE CASCADE,
            expires_at timestamptz NOT NULL,
            used_at    timestamptz,
            created_at timestamptz NOT NULL DEFAULT now()
        )""")
    op.execute("CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (session_id)")
    op.execute("CREATE INDEX refresh_tokens_expiry_idx ON refresh_tokens (expires_at)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON accounts, sessions, refresh_tokens TO auth_service")
