"""A tool is either there or not, whatever interrupts its building."""

import asyncio

import pytest

from veigo.stack.problem import StackError
from veigo.stack.progress import Stage
from veigo.stack.toolchain import Tool, Toolchain


class Reports(list):
    def stages(self, name):
        return [news.stage for news in self if news.name == name]


def tool(name, build, pins=("1",), needs=()):
    return Tool(name, name, pins, build, needs)


async def make(workshop, folder):
    (folder / "made").write_text("yes")


async def fail(workshop, folder):
    (folder / "half").write_text("made")
    await workshop.run("false")


async def test_what_no_stack_needs_is_built_when_it_is_named(tmp_path):
    chain = Toolchain(tmp_path, (tool("opa", make), Tool("buf", "buf", ("1",), make, on_demand=True)))

    assert ["opa"] == chain.missing()
    await chain.build(lambda news: None, "buf")

    assert ["opa"] == chain.missing()
    assert (chain.path("buf") / "made").exists()


async def test_a_tool_that_is_named_is_built_with_what_it_needs(tmp_path):
    tools = (tool("jars", make), tool("mongo", make, needs=("jars",)), tool("opa", fail))
    chain = Toolchain(tmp_path, tools)

    await chain.build(lambda news: None, "mongo")

    assert ["opa"] == chain.missing()


async def test_a_tool_is_built_once(tmp_path):
    reports = Reports()
    chain = Toolchain(tmp_path, (tool("opa", make),))

    await chain.build(reports.append)
    await chain.build(reports.append)

    assert "yes" == (chain.path("opa") / "made").read_text()
    assert [Stage.WAITING, Stage.RUNNING, Stage.DONE] == reports.stages("opa")


def test_a_changed_pin_is_another_tool(tmp_path):
    before = Toolchain(tmp_path, (tool("opa", make, pins=("1",)),))
    after = Toolchain(tmp_path, (tool("opa", make, pins=("2",)),))

    assert before.path("opa") != after.path("opa")


def test_a_tool_changes_with_what_it_is_made_from(tmp_path):
    paths = [
        Toolchain(tmp_path, (tool("jars", make, pins=(pin,)), tool("mongo", make, needs=("jars",)))).path("mongo")
        for pin in ("1", "2")
    ]

    assert paths[0] != paths[1]


async def test_a_failed_build_leaves_nothing_and_says_what_failed(tmp_path):
    chain = Toolchain(tmp_path, (tool("opa", fail),))

    with pytest.raises(StackError, match="false failed with exit code 1"):
        await chain.build(lambda news: None)

    assert ["opa"] == chain.missing()
    assert not list(tmp_path.glob(".*draft*"))


async def test_an_interrupted_build_leaves_nothing(tmp_path):
    begun = asyncio.Event()

    async def hang(workshop, folder):
        (folder / "half").write_text("made")
        begun.set()
        await workshop.run("sleep", "60")

    chain = Toolchain(tmp_path, (tool("opa", hang),))
    building = asyncio.create_task(chain.build(lambda news: None))
    await begun.wait()
    building.cancel()
    with pytest.raises(asyncio.CancelledError):
        await building

    assert ["opa"] == chain.missing()
    assert not list(tmp_path.glob(".*draft*"))


async def test_a_missing_program_is_named_before_anything_is_tried(tmp_path):
    async def build(workshop, folder):
        await workshop.run("no-such-compiler")

    with pytest.raises(StackError, match="no-such-compiler is not installed; `veigo doctor`"):
        await Toolchain(tmp_path, (tool("opa", build),)).build(lambda news: None)


async def test_a_tool_waits_for_what_it_is_made_from(tmp_path):
    async def use(workshop, folder):
        (folder / "made").write_text((workshop.tool("jars") / "made").read_text())

    chain = Toolchain(tmp_path, (tool("mongo", use, needs=("jars",)), tool("jars", make)))

    await chain.build(lambda news: None)

    assert "yes" == (chain.path("mongo") / "made").read_text()
