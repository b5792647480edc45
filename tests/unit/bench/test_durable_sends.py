"""What pgbench says is a rate, or no measurement at all."""

import pytest

from bench.measure import Void
from bench.measures.durable_sends import per_s_in

SAID = """pgbench (15.14, server 18.1)
transaction type: insert.sql
number of transactions actually processed: 41736
number of failed transactions: {failed} (0.000%)
latency average = 1.149 ms
tps = 13912.084510 (without initial connection time)
"""


def test_the_rate_is_read():
    """Without the time it took to connect."""
    assert 13912.08451 == per_s_in(SAID.format(failed=0))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (SAID.format(failed=3), "tps ="),
        ("pgbench: error: connection refused", "connection refused"),
        ("", "nothing"),
    ],
    ids=["transactions failed", "an error", "nothing"],
)
def test_anything_else_is_void(said, told):
    """And says what it said."""
    with pytest.raises(Void, match=told):
        per_s_in(said)
