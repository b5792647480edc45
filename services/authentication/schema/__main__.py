"""Run with ADMIN_DATABASE_URL set: `python -m services.authentication.schema`."""

from pathlib import Path

from services import migrations

migrations.upgrade(Path(__file__).parent / "versions")
