"""Parts of a message are put together before its row is written, by the same rules as the store's."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veigo.telemetry.buffer import Buffer
from veigo.telemetry.rows import Batch, Facts, MessagePart
from veigo.telemetry.store import Store

NUMBERS = st.integers(0, 3)
PARTS = st.fixed_dictionaries(
    {"trace_id": st.sampled_from(["t1", "t2"])},
    optional={
        "sent_us": NUMBERS,
        "committed_us": NUMBERS,
        "received_us": NUMBERS,
        "recipients": NUMBERS,
        "replays": NUMBERS,
        "topic": st.sampled_from(["a", "b"]),
    },
)


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path / "t.duckdb") as opened:
        yield opened


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stores")
    with Store.open(folder / "one.duckdb") as one, Store.open(folder / "other.duckdb") as other:
        yield one, other


@settings(deadline=None, max_examples=15)  # each is a few transactions
@given(st.lists(PARTS, min_size=1, max_size=4))
def test_the_row_is_the_same_whoever_puts_it_together(stores, parts):
    """The store, part by part, or we, before it gets the whole."""
    by_parts, at_once = stores
    whole = MessagePart("m1", Facts())
    for facts in parts:
        whole.add(MessagePart("m1", Facts(**facts)))
    for store, batches in ((by_parts, [[MessagePart("m1", Facts(**facts))] for facts in parts]), (at_once, [[whole]])):
        store._connection.execute("DELETE FROM messages")
        for messages in batches:
            store.write(Batch(messages=messages))

    assert by_parts.tuples("SELECT * FROM messages") == at_once.tuples("SELECT * FROM messages")


async def test_a_message_is_written_when_no_more_of_it_is_expected(store):
    """Until then its parts wait, and everything else is written."""
    buffer = Buffer(store)
    buffer.add(Batch(messages=[MessagePart("m1", Facts(sent_us=1))]))
    buffer.add(Batch(messages=[MessagePart("m1", Facts(committed_us=2))]))
    await buffer.flush(waited_s=60)
    waiting = buffer.waiting

    assert (1, 0) == (waiting, store.count("messages"))

    await buffer.flush(waited_s=0)

    assert [(1, 2)] == store.tuples("SELECT sent_us, committed_us FROM messages")
    assert 0 == buffer.waiting


async def test_whoever_asks_gets_everything_that_was_said_before(store):
    """Nothing is held back then."""
    buffer = Buffer(store)
    buffer.add(Batch(messages=[MessagePart("m1", Facts(sent_us=1))]))
    await buffer.flush()

    assert 1 == store.count("messages")
