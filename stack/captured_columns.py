"""Which columns leave the databases, read out of the migrations: tables as SQL has made them, publications likewise.

The migrations are rendered, not run: no server is needed to know what a change of them means for those who read
records. Live tests hold what is read here to what PostgreSQL says after it has run them.
"""

import io
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path

import sqlglot
from sqlglot import exp

PUBLICATION = re.compile(r"\s*\w+\s+PUBLICATION\s+\w+\s*(?:(FOR|ADD|SET|DROP)\s+TABLE\s+(.*))?", re.DOTALL)
TABLE_IN_IT = re.compile(r"(?:public\.)?(\w+)\s*(?:\(([^)]*)\))?\s*(?:,|$)")


class MigrationUnclearError(Exception):
    """A statement whose effect on what is captured is not known here; the message names it."""


@dataclass(frozen=True)
class Column:
    """A column: its PostgreSQL type, in lower case, and whether it may be null."""

    type: str
    nullable: bool


@dataclass
class Database:
    """What the migrations of a service come to.

    Attributes:
        tables: columns by name, by table.
        keys: the primary key's columns, by table.
        published: by table, the columns that are published; None means all of them.
    """

    tables: dict[str, dict[str, Column]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)
    published: dict[str, list[str] | None] = field(default_factory=dict)

    def captured(self, table: str) -> dict[str, Column]:
        """Return the columns of a published table that leave; none when the table is not published."""
        if table not in self.published:
            return {}
        only = self.published[table]
        return {name: column for name, column in self.tables[table].items() if only is None or name in only}


def database(versions: Path) -> Database:
    """Return what the migrations in a folder come to.

    Raises:
        MigrationUnclearError: a statement could not be read.
    """
    made = Database()
    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of every statement that it need not understand
    for statement in sqlglot.parse(_rendered(versions), dialect="postgres"):
        if isinstance(statement, exp.Command):
            _publish(made, statement.sql(dialect="postgres"))
        elif isinstance(statement, exp.Create) and statement.kind == "TABLE":
            _create(made, statement)
        elif isinstance(statement, exp.Alter) and statement.args["kind"] == "TABLE":
            for action in statement.args["actions"]:
                _alter(made, statement.this.name, action)
        elif isinstance(statement, exp.Drop) and statement.kind == "TABLE":
            raise MigrationUnclearError(f"reading DROP TABLE is not foreseen: {statement.sql()}")
    return made


def _rendered(versions: Path) -> str:
    """Return the SQL of the migrations in their order, as Alembic would run it."""
    from alembic.config import Config
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(versions.parents[2] / "migrations"))
    config.set_main_option("version_locations", str(versions))
    config.set_main_option("path_separator", "newline")
    text = io.StringIO()
    context = MigrationContext.configure(dialect_name="postgresql", opts={"as_sql": True, "output_buffer": text})
    with Operations.context(context):
        for script in reversed(list(ScriptDirectory.from_config(config).walk_revisions())):
            script.module.upgrade()
    return text.getvalue()


def _create(made: Database, statement: exp.Create) -> None:
    table = statement.this.this.name
    made.tables[table], made.keys[table] = {}, []
    for part in statement.this.expressions:
        if isinstance(part, exp.ColumnDef):
            _add(made, table, part)
        elif isinstance(part, exp.PrimaryKey):
            made.keys[table] = [column.name for column in part.expressions]
            for name in made.keys[table]:
                made.tables[table][name] = Column(made.tables[table][name].type, nullable=False)


def _add(made: Database, table: str, column: exp.ColumnDef) -> None:
    said = [constraint.kind for constraint in column.args.get("constraints") or ()]
    is_key = any(isinstance(kind, exp.PrimaryKeyColumnConstraint) for kind in said)
    if is_key:
        made.keys[table] = [column.name]
    required = is_key or any(isinstance(k, exp.NotNullColumnConstraint) and not k.args.get("allow_null") for k in said)
    made.tables[table][column.name] = Column(_type(column.args["kind"]), nullable=not required)


def _alter(made: Database, table: str, action: exp.Expression) -> None:
    columns = made.tables[table]
    if isinstance(action, exp.ColumnDef):
        _add(made, table, action)
    elif isinstance(action, exp.Drop) and action.args["kind"] == "COLUMN":
        for column in action.args["tables"]:
            del columns[column.name]
    elif isinstance(action, exp.AlterColumn):
        before = columns[action.name]
        dtype, nullable = action.args.get("dtype"), action.args.get("allow_null")
        columns[action.name] = Column(
            _type(dtype) if dtype else before.type, before.nullable if nullable is None else bool(nullable)
        )
    elif isinstance(action, exp.RenameColumn):
        made.tables[table] = {
            action.args["to"].name if name == action.this.name else name: column for name, column in columns.items()
        }
    elif not isinstance(action, exp.AddConstraint | exp.Drop):
        raise MigrationUnclearError(f"what does this do to {table}? {action.sql(dialect='postgres')}")


def _type(kind: exp.DataType) -> str:
    return kind.sql(dialect="postgres").lower()


def _publish(made: Database, command: str) -> None:
    found = PUBLICATION.match(command)
    if found is None:
        return
    how, tables = found.groups()
    if tables is None:
        raise MigrationUnclearError(f"a publication must list its tables: {command}")
    named = dict(TABLE_IN_IT.findall(tables.strip()))
    if how == "DROP":
        for name in named:
            del made.published[name]
        return
    if how == "SET":
        made.published.clear()
    for name, columns in named.items():
        made.published[name] = [column.strip() for column in columns.split(",")] if columns else None
