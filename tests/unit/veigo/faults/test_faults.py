"""What every fault says of itself before it is injected: what it is, what it stands for, and what undoes it."""

import random

import pytest

from veigo.faults.bandwidth import Bandwidth
from veigo.faults.clock_skew import ClockSkew
from veigo.faults.connector_deleted import ConnectorDeleted
from veigo.faults.copy_across_restart import CopyAcrossRestart
from veigo.faults.disk_full import DiskFull
from veigo.faults.down import Down
from veigo.faults.heal import HealStep
from veigo.faults.immediate_stop import ImmediateStop
from veigo.faults.kill import Kill
from veigo.faults.kill_leader import KillLeader
from veigo.faults.latency import Latency
from veigo.faults.long_transaction import LongTransaction
from veigo.faults.offsets_lost import OffsetsLost
from veigo.faults.opa_emptied import OpaEmptied
from veigo.faults.partition import Partition
from veigo.faults.pause import Pause
from veigo.faults.reset import Reset
from veigo.faults.restart import Restart
from veigo.faults.slot_dropped import SlotDropped
from veigo.faults.slot_lost import SlotLost
from veigo.faults.starved import Starved
from veigo.faults.stuck_reader import StuckReader
from veigo.faults.task_failed import TaskFailed
from veigo.faults.together import Together, drawn
from veigo.faults.walsender_killed import WalsenderKilled
from veigo.faults.zombie import Zombie

FAULTS = [
    Kill("chat"),
    Kill("chat", restart=True),
    Pause("chat"),
    Down("kafka"),
    Restart("chat", "gateway"),
    KillLeader(),
    WalsenderKilled(),
    ConnectorDeleted(),
    TaskFailed(),
    OffsetsLost(),
    SlotDropped(),
    SlotLost(),
    ImmediateStop(),
    DiskFull(),
    LongTransaction(),
    CopyAcrossRestart(),
    OpaEmptied(),
    Partition("chat", "postgres"),
    Latency("chat", "opa", ms=300),
    Reset("gateway", "chat"),
    Bandwidth("connect", "kafka"),
    Starved("postgres"),
    Together(Down("kafka"), Down("connect")),
    ClockSkew("authentication", ahead_s=300),
    StuckReader(),
    Zombie(),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_says_what_it_is_and_how_it_heals_before_it_happens(fault):
    assert fault.name
    assert fault.nodes
    assert len(fault.model) > 20
    assert fault.heals() or isinstance(fault, StuckReader), "a client's own socket ends with the client"
    assert all(isinstance(step, HealStep) for step in fault.heals())


def test_no_two_faults_are_called_the_same():
    """The heal plan and the history know them by name."""
    assert len(FAULTS) == len({fault.name for fault in FAULTS})


def test_only_what_loses_a_position_needs_a_repair():
    unrecoverable = {type(fault) for fault in FAULTS if fault.unrecoverable}

    assert {OffsetsLost, SlotDropped, SlotLost} == unrecoverable
    assert all("repair" in {step.do for step in fault.heals()} for fault in FAULTS if fault.unrecoverable)


def test_together_is_as_bad_as_the_worst_of_it():
    mild = Together(Kill("chat"), Kill("opa"))
    bad = Together(Kill("chat"), SlotDropped(), Partition("chat", "opa"))

    assert (False, False) == (mild.unrecoverable, mild.needs_proxies)
    assert (True, True) == (bad.unrecoverable, bad.needs_proxies)
    assert ("chat", "postgres", "connect", "opa") == bad.nodes


def test_only_what_takes_a_node_away_from_everybody_calls_it_unavailable():
    """One that is back at once, or cut off from one other node, still answers somebody."""
    away = {fault.name: fault.unavailable for fault in FAULTS if fault.unavailable}

    assert {
        "kill chat": ("chat",),
        "pause chat": ("chat",),
        "pause connect past its session": ("connect",),
        "take kafka down": ("kafka",),
        "stop postgres immediately": ("postgres",),
        "empty opa": ("opa", "aggregator"),
        "take kafka down and take connect down": ("kafka", "connect"),
    } == away


def test_the_same_seed_draws_the_same_mix_of_what_leaves_each_other_alone():
    draw = drawn(*(kind(node) for kind in (Kill, Pause, Down) for node in ("chat", "opa", "kafka")), at_once=2)
    mixes = [draw(random.Random(seed)) for seed in range(50)]

    assert [mix.name for mix in mixes] == [draw(random.Random(seed)).name for seed in range(50)]
    assert len({mix.name for mix in mixes}) > 20
    assert {2} == {len(set(mix.nodes)) for mix in mixes}


def test_a_rate_that_nobody_would_feel_is_refused():
    with pytest.raises(ValueError, match="would not be felt"):
        Bandwidth("chat", "opa", kb_per_s=5_000)
