"""Who watches says nothing of what a repair has dealt with since it was seen."""

import time
from types import SimpleNamespace

from stack.capture_watch import repaired_since
from stack.repair import alone


async def test_what_was_seen_before_a_repair_ended_may_be_so_no_longer(tmp_path):
    """Measuring a gap takes seconds, in which a repair may begin and end."""
    stack = SimpleNamespace(folder=tmp_path, name="test")
    repaired_since(stack, 0)  # makes the file
    before_ns = time.time_ns()
    never = repaired_since(stack, before_ns)
    async with alone(stack):
        during = repaired_since(stack, time.time_ns())
    ended_ns = time.time_ns()

    assert (False, True, True, False) == (
        never,
        during,
        repaired_since(stack, before_ns),
        repaired_since(stack, ended_ns),
    )
