"""What leaves the databases, read out of migrations."""

from pathlib import Path

import pytest

from stack.captured_columns import Column, MigrationUnclearError, database

SERVICES = Path(__file__).parents[3] / "services"
HEAD = 'from alembic import op\nrevision = "{}"\ndown_revision = {}\ndef upgrade():\n'
FIRST = """
CREATE TABLE notes (id uuid PRIMARY KEY, words text, secret text NOT NULL);
CREATE TABLE marks (a uuid, b uuid, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (a, b));
CREATE PUBLICATION p FOR TABLE notes (id, words), marks
"""


@pytest.fixture
def migrated(tmp_path):
    """Return what migrations of these statements come to."""

    def migrated(*migrations):
        versions = tmp_path / "services" / "x" / "schema" / "versions"
        versions.mkdir(parents=True, exist_ok=True)
        (tmp_path / "services" / "migrations").mkdir(exist_ok=True)
        for number, sql in enumerate(migrations):
            before = repr(str(number - 1)) if number else None
            statements = "".join(f"    op.execute({part!r})\n" for part in sql.split(";") if part.strip())
            (versions / f"{number}.py").write_text(HEAD.format(number, before) + statements)
        return database(versions)

    return migrated


def test_only_the_published_columns_leave(migrated):
    made = migrated(FIRST)

    assert {"id": Column("uuid", False), "words": Column("text", True)} == made.captured("notes")


def test_a_key_is_never_null(migrated):
    made = migrated(FIRST)

    assert ["a", "b"] == made.keys["marks"]
    assert {
        "a": Column("uuid", False),
        "b": Column("uuid", False),
        "at": Column("timestamptz", False),
    } == made.captured("marks")


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ("ALTER TABLE notes ALTER COLUMN words TYPE bytea USING words::bytea", Column("bytea", True)),
        ("ALTER TABLE notes ALTER COLUMN words SET NOT NULL", Column("text", False)),
        ("ALTER TABLE notes ALTER COLUMN words SET NOT NULL, ALTER COLUMN words DROP NOT NULL", Column("text", True)),
        ("ALTER TABLE notes ADD COLUMN more int, DROP COLUMN words", None),
        ("ALTER TABLE notes RENAME COLUMN words TO text", None),
        ("ALTER PUBLICATION p SET TABLE notes (id)", None),
        ("ALTER PUBLICATION p DROP TABLE notes", None),
    ],
)
def test_later_migrations_change_what_leaves(migrated, change, column):
    assert column == migrated(FIRST, change).captured("notes").get("words")


def test_a_new_column_leaves_when_the_whole_table_is_published(migrated):
    made = migrated(FIRST, "ALTER TABLE marks ADD COLUMN colour text", "ALTER TABLE notes ADD COLUMN colour text")

    assert "colour" in made.captured("marks")
    assert "colour" not in made.captured("notes")


@pytest.mark.parametrize("statement", ["DROP TABLE notes", "ALTER TABLE notes RENAME TO papers", "DROP PUBLICATION p"])
def test_what_is_not_understood_is_said_and_not_passed_over(migrated, statement):
    with pytest.raises(MigrationUnclearError):
        migrated(FIRST, statement)


def test_no_secret_leaves_authentication():
    sessions = database(SERVICES / "authentication" / "schema" / "versions")

    assert {"sessions", "heartbeats"} == sessions.published.keys()
    assert not {name for name in sessions.captured("sessions") if "hash" in name or "token" in name}
