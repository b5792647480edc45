"""What can be done to a container is felt by its clients, and heals."""

import pytest

from stack.runtimes import site_of
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.faults.disconnect import Disconnect
from veigo.faults.down import Down
from veigo.faults.heal import HealFile
from veigo.faults.kill import Kill
from veigo.faults.pause import Pause
from veigo.faults.throttle import Throttle
from veigo.faults.underway import underway
from veigo.history import History
from veigo.stack.stack import Stack


@pytest.fixture(scope="module")
def broken(stack):
    return Stack.existing(TOPOLOGY, toolchain(), stack.name)


@pytest.mark.parametrize(
    "fault",
    [Kill("chat"), Down("opa"), Pause("realtime"), Disconnect("chat"), Throttle("aggregator")],
    ids=lambda fault: fault.name,
)
async def test_it_is_felt_and_heals(fault, broken, person, tmp_path):
    """Healed means that everybody answers, and that nothing is owed."""
    plan = HealFile(broken.folder)
    async with History(tmp_path / "history.jsonl") as history:
        async with underway(fault, site_of(broken), history, plan):
            assert plan.owed()
        felt = [record.detail for record in history.records if record.detail]

    assert felt
    assert [] == plan.owed()
    bob = await person()
    assert await bob.send(await bob.create_room(), "after all that")
