"""One repair at a time, and whoever waits for its turn keeps nobody else waiting."""

import asyncio
from types import SimpleNamespace

import pytest

import stack.repair
from stack.repair import alone
from veigo.stack.problem import StackError


async def test_a_second_repair_is_refused_without_holding_up_anybody_else(tmp_path, monkeypatch):
    monkeypatch.setattr(stack.repair, "ASKED_FOR_S", 0.3)
    here = SimpleNamespace(folder=tmp_path, name="default")
    turns = 0

    async def work():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with alone(here):
        beside = asyncio.create_task(work())
        with pytest.raises(StackError, match="another repair of stack default is at work"):
            async with alone(here):
                pass
        beside.cancel()

    assert turns > 1
    async with alone(here):
        pass
