"""Accounts that were deleted: the row stays, because sessions point at it, and nothing personal stays in it."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Let an account be emptied."""
    op.execute("""
        ALTER TABLE accounts
            ADD COLUMN deleted_at timestamptz,
            ALTER COLUMN email DROP NOT NULL,
            ALTER COLUMN password_hash DROP NOT NULL,
            ADD CONSTRAINT accounts_deleted_check CHECK (
                CASE WHEN deleted_at IS NULL THEN email IS NOT NULL AND password_hash IS NOT NULL
                     ELSE email IS NULL AND phone IS NULL AND password_hash IS NULL END)""")
