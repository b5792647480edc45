"""Evidence is what somebody else saw; when nobody saw anything, that is said, and never taken for felt."""

import asyncio

import pytest

from veigo.faults import evidence
from veigo.faults.kill import Kill
from veigo.faults.pause import Pause
from veigo.faults.site import Life, Running
from veigo.stack.problem import StackError


class Quiet:
    """A site where nothing that is done has any effect."""

    def __init__(self, running=Running.RUNS, answers=True, slow_s=0.0):
        self.running, self.answers, self.slow_s = running, answers, slow_s

    async def kill(self, node):
        pass

    async def pause(self, node):
        pass

    async def start(self, node):
        pass

    async def life(self, node):
        return Life(self.running, "process 1")

    async def probe(self, node):
        if not self.answers:
            raise ConnectionRefusedError("connection refused")

    async def round_trip(self, source, target):
        await asyncio.sleep(self.slow_s)
        return self.slow_s


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(evidence, "FELT_WITHIN_S", 0.2)


@pytest.mark.parametrize("fault", [Kill("chat"), Pause("chat"), Kill("chat", restart=True)], ids=lambda f: f.name)
async def test_a_fault_that_had_no_effect_is_not_felt(fault):
    site = Quiet()
    await fault.inject(site)

    with pytest.raises(StackError):
        await fault.felt(site)


async def test_a_node_that_is_gone_and_refuses_is_felt():
    felt = await evidence.refuses(Quiet(Running.GONE, answers=False), "chat")

    assert "chat is gone, and a client was told: ConnectionRefusedError: connection refused" == felt


async def test_a_node_that_refuses_and_still_runs_proves_no_kill():
    with pytest.raises(StackError, match="nobody felt"):
        await evidence.refuses(Quiet(Running.RUNS, answers=False), "chat")


async def test_an_edge_that_answers_as_ever_is_not_silent_slow_or_broken():
    site = Quiet(slow_s=0.01)

    for ask in (evidence.edge_is_silent(site, "a", "b"), evidence.edge_fails(site, "a", "b")):
        with pytest.raises(StackError, match="nobody felt it"):
            await ask
    with pytest.raises(StackError, match="nobody felt it"):
        await evidence.edge_takes(site, "a", "b", 0.5)
    assert "at least 0.005" in await evidence.edge_takes(site, "a", "b", 0.005)
