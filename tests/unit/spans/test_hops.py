"""What readers of a record saw is spans to whoever looks, the same whoever and however often."""

from hypothesis import given
from hypothesis import strategies as st

from spans.hops import FannedOut, Hops, Place, Projected

TIMES = st.integers(0, 2**53)
PLACES = st.builds(Place, st.text(), st.integers(0, 99), st.integers(0, 2**53), st.integers(0, 2**43))
SEEN = st.one_of(
    st.builds(
        Projected,
        st.text(),
        st.text(),
        st.text(),
        st.none() | st.text(),
        st.text(),
        st.integers(1, 2**53),
        st.none() | st.integers(0, 2**53),
        st.integers(0, 2**50),
        st.integers(0, 2**50),
        PLACES,
        TIMES,
        TIMES,
        st.lists(st.tuples(st.text(), TIMES, TIMES), max_size=3),
        st.integers(1, 500),
    ),
    st.builds(
        FannedOut,
        st.text(),
        st.text(),
        PLACES,
        TIMES,
        TIMES,
        st.integers(0, 500),
        st.booleans(),
        st.none() | st.tuples(st.text(), TIMES),
    ),
)


@given(SEEN)
def test_times_are_those_of_the_spans(seen):
    """In their order, and none ends before it began."""
    part = seen.part("realtime-2")

    assert part.timed() == seen.timed()
    assert part.count == seen.count == len(seen.timed())
    assert all(began_ns <= ended_ns for _, _, began_ns, ended_ns, _ in seen.timed())
    assert seen.trace_id == part.trace_id


@given(SEEN)
def test_its_spans_hang_together(seen):
    """But for the hop that others tell of: the commit's, or the broker's."""
    part = seen.part("realtime-2")
    ids = {span.span_id for span in part.spans}
    above = {span.parent_id for span in part.spans} - ids

    assert above == (
        {seen.written_id} if isinstance(seen, Projected) else {Hops(seen.message_id).span_id("kafka produce")}
    )


def test_replicas_have_spans_of_their_own():
    """They all read every record."""
    seen = FannedOut("t", "m1", Place("topic", 3, 41, 12), 13, 14)
    first, second = ({span.span_id for span in seen.part(node).spans} for node in ("realtime", "realtime-2"))

    assert set() == first & second
    assert first == {span.span_id for span in seen.part("realtime").spans}
    assert seen.key("realtime") != seen.key("realtime-2")


def test_no_two_hops_are_alike():
    """Neither of one message nor of two."""
    ids = [Hops(message).span_id(hop) for message in ("m1", "m2") for hop in ("project", "kafka produce")]

    assert 4 == len(set(ids))
