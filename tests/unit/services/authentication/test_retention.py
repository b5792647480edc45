"""The sweep goes on until nothing is left, and a database that is away ends one sweep, not the job."""

import asyncio

import pytest

from services.authentication import retention


class Batches:
    """A store that answers with these batches, and then with nothing."""

    def __init__(self, *batches):
        self.batches = list(batches)
        self.swept = asyncio.Event()

    async def delete_expired(self, kept_s, limit):
        batch = self.batches.pop(0) if self.batches else 0
        if isinstance(batch, Exception):
            raise batch
        if not self.batches:
            self.swept.set()
        return batch


async def test_a_sweep_goes_on_until_nothing_is_left():
    """Batch by batch."""
    assert 2_300 == await retention.sweep(Batches(1_000, 1_000, 300), kept_s=60)


async def test_a_failed_sweep_is_made_up_for():
    """The job is there for ever."""
    store = Batches(OSError("away"), 5)
    job = asyncio.create_task(retention.run(store, kept_s=60, every_s=0))
    await asyncio.wait_for(store.swept.wait(), 5)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job

    assert [] == store.batches
