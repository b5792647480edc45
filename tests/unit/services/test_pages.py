"""Pages by key: nothing repeated, nothing skipped, nothing forged."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import pages
from services.problems import Code, Problem


def walk(rows, size):
    """Return every page of a list ordered by descending number, as a client would walk them."""
    cursor, seen = "", []
    while True:
        wanted = pages.page(cursor, size, "numbers")
        before = pages.number(wanted.after)
        fetched = [row for row in rows if before is None or row < before][: wanted.fetch]
        page, cursor = pages.cut(fetched, wanted, "numbers", lambda row: row)
        seen.append(list(page))
        if not cursor:
            return seen


@given(st.sets(st.integers(0, 10_000), max_size=300), st.integers(1, 100))
def test_walking_the_pages_shows_every_row_once(numbers, size):
    """Whatever the rows and the page size, and no page but the last is short."""
    rows = sorted(numbers, reverse=True)
    seen = walk(rows, size)

    assert rows == [row for page in seen for row in page]
    assert all(len(page) == size for page in seen[:-1])


def test_no_size_means_twenty_five():
    """As in the original."""
    assert 25 == pages.page("", 0, "numbers").size


def cursor(text):
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "forged",
    ["x", "\x00", "é", "numbers", cursor("numbers\n"), cursor("other\n5"), cursor("numbers\n-5"), cursor("numbers\n5x"),
     cursor("numbers\n" + "9" * 19), cursor("numbers\n٣")],
    ids=range(10),
)  # fmt: skip
def test_a_forged_cursor_is_refused(forged):
    """A made-up cursor, or one of another list, is INVALID_ARGUMENT."""
    with pytest.raises(Problem) as refused:
        pages.number(pages.page(forged, 5, "numbers").after)

    assert (Code.INVALID_ARGUMENT, "cursor") == (refused.value.code, refused.value.field)


@pytest.mark.parametrize("size", [-1, 101, 2**31 - 1])
def test_a_page_has_a_bound(size):
    """More than a hundred rows at a time are refused, not cut silently."""
    with pytest.raises(Problem) as refused:
        pages.page("", size, "numbers")

    assert "size" == refused.value.field
