"""Pages by key: a cursor names the last row seen, so rows that come or go elsewhere neither repeat nor skip any.

A cursor is opaque to clients and bound to its list: one from another list, or made up, is refused.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.problems import Problem, invalid

SIZE_DEFAULT = 25
SIZE_MAX = 100

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows are wanted: `size` of them, after the row with key `after` (None: from the start)."""

    size: int
    after: str | None

    @property
    def fetch(self) -> int:
        """Rows to fetch: one more than wanted, which tells whether there is another page."""
        return self.size + 1


def page(cursor: str, size: int, of: str) -> Page:
    """Return the page a request asks for.

    Args:
        cursor: from the page before, or empty.
        size: rows wanted; 0 for the default.
        of: name of the list, part of its cursors.

    Raises:
        Problem: INVALID_ARGUMENT.
    """
    if not 0 <= size <= SIZE_MAX:
        raise invalid("size", f"Ask for 1 to {SIZE_MAX} rows a page.")
    return Page(size or SIZE_DEFAULT, _key(cursor, of) if cursor else None)


def cut(rows: Sequence[Row], wanted: Page, of: str, key: Callable[[Row], object]) -> tuple[Sequence[Row], str]:
    """Return the page's rows out of those fetched, and the cursor of the next page, empty when there is none."""
    if len(rows) <= wanted.size:
        return rows, ""
    kept = rows[: wanted.size]
    return kept, base64.urlsafe_b64encode(f"{of}\n{key(kept[-1])}".encode()).decode().rstrip("=")


def number(after: str | None) -> int | None:
    """Return the key of a list that is ordered by a number.

    Raises:
        Problem: INVALID_ARGUMENT, for a forged cursor.
    """
    if after is None:
        return None
    if not (after.isascii() and after.isdigit() and len(after) < 19):  # what fits PostgreSQL's bigint
        raise forged()
    return int(after)


def _key(cursor: str, of: str) -> str:
    try:
        list_name, _, key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition("\n")
    except (binascii.Error, ValueError):
        raise forged() from None
    if list_name != of or not key:
        raise forged()
    return key


def forged() -> Problem:
    """Return the refusal of a cursor that this list did not give."""
    return invalid("cursor", "Use the cursor of this list's page before, unchanged, or none for the first page.")
