"""A run is planned from its seeds, to the last character; the golden files in ``plans/`` hold it to that.

Where a plan changed on purpose: ``UPDATE_PLANS=1 pytest tests/unit/veigo/test_plan.py``, and read the diff.
"""

import os
import random
from pathlib import Path

import pytest

from veigo.experiment import Experiment, Timing
from veigo.faults.down import Down
from veigo.faults.kill import Kill
from veigo.faults.partition import Partition
from veigo.faults.slot_dropped import SlotDropped
from veigo.plan import Does, plan_of, tree
from veigo.workloads.send_and_read import SendAndRead

GOLDEN = Path(__file__).parent / "plans"
FEW = SendAndRead(rooms=2, senders=4, sends_per_s=20)

KILLED = Experiment(workload=FEW, fault=Kill("kafka"), timing=Timing(fault_s=0))
DOWN = Experiment(workload=FEW, fault=Down("connect"), timing=Timing(fault_s=5, full_s=600))
DRAWN = Experiment(workload=FEW, fault=lambda rng: Kill(rng.choice(["chat", "opa", "mongo", "realtime"])))
LISTENED = Experiment(workload=SendAndRead(rooms=2, senders=4, listeners=20), fault=Kill("realtime"))
LARGER = Experiment(workload=FEW, fault=Kill("kafka"), scale={"kafka": 3})
CUT_OFF = Experiment(workload=FEW, fault=Partition("chat", "opa"))

DROPPED = Experiment(workload=FEW, fault=SlotDropped())

PLANS = {
    "unrecoverable": ([("slot_dropped", DROPPED)], [1], False),
    "one": ([("kafka_killed", KILLED)], [7], False),
    "shared_baseline": ([("kafka_killed", KILLED), ("connect_down", DOWN)], [1, 2], False),
    "full": ([("connect_down", DOWN)], [1], True),
    "proxies": ([("kafka_killed", KILLED), ("cut_off", CUT_OFF)], [1], False),
    "two_stacks": ([("kafka_killed", KILLED), ("larger", LARGER), ("listened", LISTENED)], [1], False),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_is_what_its_golden_file_says(name):
    experiments, seeds, full = PLANS[name]
    golden = GOLDEN / f"{name}.txt"
    drawn = tree(plan_of(experiments, seeds, full=full))
    if os.environ.get("UPDATE_PLANS"):
        golden.write_text(drawn, encoding="utf-8")

    assert golden.read_text(encoding="utf-8") == drawn


def test_what_is_drawn_by_lot_is_drawn_from_the_seed():
    faults = [[trial.fault.name for trial in plan_of([("any", DRAWN)], range(20)).trials[1:]] for _ in range(2)]

    assert faults[0] == faults[1]
    assert len(set(faults[0])) > 1


def test_drawing_leaves_other_generators_alone():
    """The script of a trial is written from its seed, whatever was drawn before."""
    random.seed(1)
    before = random.getstate()
    plan_of([("any", DRAWN)], [1, 2, 3])

    assert before == random.getstate()


def test_every_trial_has_a_folder_and_every_step_a_log_of_its_own():
    plan = plan_of([("kafka_killed", KILLED), ("connect_down", DOWN), ("drawn", DRAWN)], [1, 2])
    folders = [trial.folder for trial in plan.trials]

    assert len(set(folders)) == len(folders) == 1 + 3 * 2
    for trial in plan.trials:
        assert len({step.log for step in trial.steps}) == len(trial.steps)
    assert {"04_heal_kafka.log"} == {step.log for step in plan.trials[1].steps if step.does is Does.HEAL}


def test_a_baseline_breaks_nothing_and_knows_whose_promises_it_keeps():
    plan = plan_of([("kafka_killed", KILLED), ("connect_down", DOWN)], [3, 4])
    baseline, *others = plan.trials

    assert baseline.fault is None
    assert ("kafka_killed", "connect_down") == baseline.judges
    assert not {step.does for step in baseline.steps} & {Does.INJECT, Does.HOLD, Does.HEAL}
    assert all(trial.fault is not None and not trial.judges for trial in others)


def test_what_any_seed_breaks_an_edge_for_stands_on_a_stack_with_proxies():
    """All seeds of an experiment are held against one baseline, so they stand together."""
    drawn = Experiment(workload=FEW, fault=lambda rng: rng.choice([Kill("opa"), Partition("chat", "opa")]))
    plan = plan_of([("kafka_killed", KILLED), ("drawn", drawn)], range(8))

    assert [False, True] == [stand.proxied for stand in plan.stands]
    assert {"drawn", "baseline"} == {trial.name for trial in plan.stands[1].trials}


@pytest.mark.parametrize("timing", [{"warmup_s": 0}, {"fault_s": -1}, {"recovery_s": 0}])
def test_a_timing_that_cannot_be_kept_is_refused(timing):
    with pytest.raises(ValueError, match="cannot be kept"):
        Timing(**timing)


def test_people_who_cannot_talk_are_refused():
    with pytest.raises(ValueError, match="nobody can talk"):
        SendAndRead(rooms=3, senders=2)
