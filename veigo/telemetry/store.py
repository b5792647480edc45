"""The run store: one DuckDB file that takes in what arrives, keeps the newest of it, and answers SQL.

    with Store.open(folder / "telemetry.duckdb") as store:
        store.write(batch)
        store.rows("SELECT name, count(*) AS spans FROM spans GROUP BY name")

One process writes. Within it every method may be called from any thread: writers wait for one another, readers see the
last whole write. A finished run's file is opened with `read_only=True`, by as many as like.
"""

import contextlib
import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from veigo.stack.problem import StackError
from veigo.telemetry.rows import FACTS, MERGED, Batch, MessagePart, Span
from veigo.telemetry.seen import Recent
from veigo.telemetry.span_rows import rows as rows_of
from veigo.telemetry.told import unpacked_tellings

MEMORY_MAX = "96MB"  # of DuckDB's own, taken when needed; an idle store has a quarter of it
CHECKPOINT_AT = "64MB"  # of log; a fourth as often as by default saves a fifth of the writing
THREADS = 1  # it must not take the processors from the stack it watches

UNPACKED_AT_ONCE = 32  # bodies in one transaction, some 10 MB of rows: each transaction waits for the disk
# A run's spans are looked for by its time; clocks that are wrong by more than this are out of reach.
CLOCK_SLACK_US = 60_000_000

TIME_OF = {
    "messages": "coalesce(sent_us, committed_us, received_us)",
    "deliveries": "delivered_us",
    "spans": "start_us",
    "points": "at_us",
    "faults": "began_us",
}
_PACKED_TOO_MANY = """
    DELETE FROM packed_spans WHERE rowid IN (
        SELECT rowid FROM packed_spans QUALIFY sum(spans) OVER (ORDER BY last_us DESC, rowid DESC) > ?)"""
_FAULTS = """
    INSERT INTO faults VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
        felt_us = coalesce(felt_us, excluded.felt_us), healed_us = coalesce(excluded.healed_us, healed_us)"""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many rows of each table are kept; of more, the oldest go. About 500 MB on disk in all."""

    messages: int = 200_000
    deliveries: int = 2_000_000
    spans: int = 1_000_000
    packed_spans: int = 1_000_000  # spans, not rows
    points: int = 1_000_000
    faults: int = 10_000


class Store:
    """The tables of `schema.sql`. Made by `Store.open`."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
        self.path = path
        self._connection = connection
        self._limits = limits
        self._writing = threading.Lock()
        self._messages = Recent()  # that have a row

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, limits: Limits = Limits()) -> Self:
        """Open the file, which is made when it is not there, unless it is only read.

        Raises:
            StackError: it is not there, not a store, or open for writing in another process.
        """
        if read_only and not path.exists():
            raise StackError(f"{path} is not there; runs that were made without the collector have no telemetry")
        try:
            connection = duckdb.connect(
                path,
                read_only=read_only,
                config={
                    "memory_limit": MEMORY_MAX,
                    "checkpoint_threshold": CHECKPOINT_AT,
                    "threads": THREADS,
                    "preserve_insertion_order": False,
                },
            )
            if not read_only:
                connection.execute(files(__package__).joinpath("schema.sql").read_text())
                connection.execute("CREATE TEMP TABLE arrived_messages AS SELECT * FROM messages LIMIT 0")
            missing = TIME_OF.keys() - {row[0] for row in connection.execute("SHOW TABLES").fetchall()}
        except duckdb.Error as error:
            raise StackError(f"{path} cannot be opened ({error}); close what uses it, or delete it") from error
        if missing:
            connection.close()
            raise StackError(f"{path} is no run store: it has no table {', '.join(sorted(missing))}; name another run")
        return cls(path, connection, limits)

    def write(self, batch: Batch) -> None:
        """Take rows in, all of them or none."""
        with self._writing:
            try:
                self._write(batch)
            except duckdb.ConstraintException:
                # Messages thought to be new are there, from before this process: so no row is taken for new.
                self._write(batch, may_be_new=False)

    def _write(self, batch: Batch, *, may_be_new: bool = True) -> None:
        with self._transaction():
            self._write_messages(batch.messages, may_be_new=may_be_new)
            self._append("spans", batch.spans)
            self._append("packed_spans", batch.packed)
            self._append("deliveries", batch.deliveries)
            self._append("points", batch.points)
            for fault in batch.faults:
                self._connection.execute(_FAULTS, fault)

    def unpack(self) -> None:
        """Make rows of the spans that are packed, each once: a record that is read again makes the same spans again."""
        known = set(map(hash, self.tuples("SELECT trace_id, span_id FROM spans")))
        rowids = [rowid for (rowid,) in self.tuples("SELECT rowid FROM packed_spans ORDER BY first_us, rowid")]
        for first in range(0, len(rowids), UNPACKED_AT_ONCE):
            chosen = rowids[first : first + UNPACKED_AT_ONCE]
            bodies = self.tuples("SELECT body FROM packed_spans WHERE rowid IN (SELECT unnest(?))", [chosen])
            with self._writing, self._transaction():
                for (body,) in bodies:
                    self._append("spans", _unknown(rows_of(unpacked_tellings(body)), known))
                self._connection.execute("DELETE FROM packed_spans WHERE rowid IN (SELECT unnest(?))", [chosen])

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def trim(self) -> dict[str, int]:
        """Let the oldest rows above the limits go, and say how many of which table went."""
        gone = {}
        with self._writing:
            for table, time in TIME_OF.items():
                surplus = self.count(table) - getattr(self._limits, table)
                if surplus > 0:
                    # A little more than must be, so that the next rows do not need another pass at once.
                    cut = surplus + getattr(self._limits, table) // 20
                    oldest = f"SELECT {time} FROM {table} ORDER BY 1 LIMIT 1 OFFSET {cut}"  # noqa: S608 - our names
                    self._connection.execute(f"DELETE FROM {table} WHERE {time} < ({oldest})")  # noqa: S608
                    gone[table] = cut
            before = self.packed_spans
            if before > self._limits.packed_spans:
                self._connection.execute(_PACKED_TOO_MANY, [self._limits.packed_spans * 19 // 20])
                gone["packed_spans"] = before - self.packed_spans
        return gone

    @property
    def packed_spans(self) -> int:
        """How many spans are still packed."""
        return int(self.rows("SELECT coalesce(sum(spans), 0) AS n FROM packed_spans")[0]["n"])

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])  # noqa: S608 - our names

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A reader's own cursor, to be closed by whoever asked for it."""
        return self._connection.cursor()

    def rows(self, sql: str, parameters: Sequence[object] | Mapping[str, object] = ()) -> list[dict[str, Any]]:
        """Ask in SQL, and return the rows by column name."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tuples(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Ask in SQL, and return the rows as they are: many of them are had in half the time."""
        with self._connection.cursor() as cursor:
            found: list[tuple[Any, ...]] = cursor.execute(sql, parameters).fetchall()
            return found

    def export(self, path: Path, since_us: int, until_us: int) -> None:
        """Write what began within a time into a store of its own; beside its place, then renamed into it.

        A message's spans go with it, also those that a wrong clock has put into another time. Packed ones stay packed,
        and others that came with them go along (`unpacked`).
        """
        draft = path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        escaped = str(draft).replace("'", "''")
        with self._writing, self._connection.cursor() as cursor:
            source = self._name(cursor)
            cursor.execute(f"ATTACH '{escaped}' AS the_run")
            try:
                cursor.execute("USE the_run")
                cursor.execute(files(__package__).joinpath("schema.sql").read_text())
                for table, time in TIME_OF.items():
                    too = "OR trace_id IN (SELECT trace_id FROM the_run.main.messages)" if table == "spans" else ""
                    cursor.execute(
                        f"INSERT INTO the_run.main.{table} SELECT * FROM {source}.main.{table} "  # noqa: S608 - our names
                        f"WHERE {time} BETWEEN ? AND ? {too}",
                        [since_us, until_us],
                    )
                cursor.execute(
                    f"INSERT INTO the_run.main.packed_spans SELECT * FROM {source}.main.packed_spans "  # noqa: S608
                    "WHERE last_us >= ? AND first_us <= ?",
                    [since_us - CLOCK_SLACK_US, until_us + CLOCK_SLACK_US],
                )
            finally:
                cursor.execute(f"USE {source}")
                cursor.execute("DETACH the_run")
        draft.replace(path)

    def close(self) -> None:
        """Close the file."""
        with self._writing:
            self._connection.close()

    def __enter__(self) -> Self:
        """A store that closes itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close on the way out."""
        self.close()

    @staticmethod
    def _name(cursor: duckdb.DuckDBPyConnection) -> str:
        found = cursor.execute("SELECT current_database()").fetchone()
        assert found is not None
        return f'"{found[0]}"'

    def _append(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        told = list(rows)
        if not told:
            return  # to make an appender takes as long as twenty rows
        appender = self._connection.appender(table)
        for row in told:
            appender.append_row(*row)
        appender.flush()

    def _write_messages(self, parts: Sequence[MessagePart], *, may_be_new: bool) -> None:
        """Append those that come for the first time; the parts of others are put into the rows that are there."""
        new = [self._messages.add(part.message_id) and may_be_new for part in parts]
        rows = [part.row() for part in parts]
        self._append("messages", itertools.compress(rows, new))
        if not all(new):
            self._append("arrived_messages", (row for row, is_new in zip(rows, new, strict=True) if not is_new))
            self._connection.execute(_MERGE)
            self._connection.execute("DELETE FROM arrived_messages")


def unpacked(exported: Path, run: Path, since_us: int, until_us: int) -> None:
    """Make a run's file, with rows for its spans, of what the collector has exported of that time.

    Whoever wants the run does this, and not the collector, which others may keep busy.

    Raises:
        StackError: what was exported is no store.
    """
    with Store.open(exported) as store:
        store.unpack()
        store.export(run, since_us, until_us)


def _unknown(spans: Iterable[Span], known: set[int]) -> Iterator[Span]:
    for span in spans:
        key = hash((span.trace_id, span.span_id))
        if key not in known:
            known.add(key)
            yield span


def _merge() -> str:
    """The statement that adds the parts which arrived to the rows which are there."""
    both = {"least": "least({0}, excluded.{0})", "sum": "coalesce({0} + excluded.{0}, {0}, excluded.{0})"}
    within = {"least": "min({0})", "sum": "sum({0})"}
    columns, updates = ["message_id"], []
    for name in FACTS:
        if name == "trace_id":  # a send that is repeated may have several; the one that was stored goes on
            columns.append("coalesce(first(trace_id) FILTER (committed_us IS NOT NULL), first(trace_id))")
            updates.append(
                "trace_id = CASE WHEN excluded.committed_us IS NOT NULL AND messages.committed_us IS NULL "
                "THEN excluded.trace_id ELSE coalesce(trace_id, excluded.trace_id) END"
            )
            continue
        column = f'"{name}"'
        how = MERGED.get(name)
        columns.append(within[how].format(column) if how else f"first({column}) FILTER ({column} IS NOT NULL)")
        update = both[how].format(column) if how else f"coalesce({column}, excluded.{column})"
        updates.append(f"{column} = {update}")
    return (
        f"INSERT INTO messages SELECT {', '.join(columns)} FROM arrived_messages GROUP BY message_id "  # noqa: S608
        f"ON CONFLICT DO UPDATE SET {', '.join(updates)}"
    )


_MERGE = _merge()
