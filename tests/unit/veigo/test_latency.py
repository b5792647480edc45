"""Latencies are exact percentiles of what was measured, hop by hop."""

import pytest

from veigo.checkers.ledger import Ledger
from veigo.history import Frame, Operation, Witnessed
from veigo.latency import hops, percentile, start_delay, worst_delivery_ms
from veigo.outcome import Outcome


@pytest.mark.parametrize(
    ("samples", "percent", "expected"),
    [
        ([], 50, None),
        ([7], 50, 7),
        ([7], 99, 7),
        ([1, 2, 3, 4], 50, 2),
        (list(range(1, 101)), 99, 99),
        (list(range(1, 1001)), 99, 990),
        ([1, 2], 100, 2),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(samples, percent, expected):
    assert percentile(samples, percent) == expected


def send(message_id: str, intended_ms: float | None, started_ms: float, ended_ms: float) -> Operation:
    return Operation(
        "send",
        "ann",
        room="hall",
        message_id=message_id,
        intended_ns=None if intended_ms is None else round(intended_ms * 1e6),
        started_ns=round(started_ms * 1e6),
        ended_ns=round(ended_ms * 1e6),
        outcome=Outcome.OK,
    )


def frame(message_id: str, user: str, at_ms: float) -> Frame:
    return Frame("MESSAGE", user, 1, round(at_ms * 1e6), round(at_ms * 1e3), room="hall", message_id=message_id)


LEDGER = Ledger.of(
    [
        send("m1", 100, 103, 110),
        send("m2", 2100, 2100, 2120),
        send("let me in", None, 0, 9),
        frame("m1", "ann", 112),
        frame("m1", "bob", 115),
        frame("m2", "ann", 2130),
        Witnessed("m1", "hall", 1, committed_us=105_000, appended_ms=108, partition=0, offset=0),
        Witnessed("m2", "hall", 2, committed_us=2_115_000, appended_ms=None, partition=0, offset=1),
    ]
)


def test_every_hop_of_a_message_is_measured():
    """Kafka's whole millisecond is taken at its middle; without an append time of the broker there is no sample."""
    measured = {hop.name: hop.samples_ms for hop in hops(LEDGER)}

    assert measured == {
        "acknowledge": (7, 20),
        "commit → Kafka": (3.5,),
        "Kafka → socket": (3.5, 6.5),
        "send → delivered": (12, 15, 30),
    }


def test_delivery_counts_from_the_time_meant_and_the_delay_of_the_harness_is_shown_apart():
    assert start_delay(LEDGER).samples_ms == (0, 3)


def test_a_message_is_as_late_as_its_last_member():
    assert worst_delivery_ms(LEDGER) == [(0, 15), (2, 30)]


def test_nothing_measured_is_nothing_claimed():
    assert [(hop.p50_ms, hop.p99_ms, hop.max_ms) for hop in hops(Ledger())] == [(None, None, None)] * 4
