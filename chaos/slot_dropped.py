"""A replication slot is dropped in use: an alarm names the gap at once, and a repair closes it from the room log."""

from veigo.checkers.alarm_named_the_gap import AlarmNamedTheGap
from veigo.experiment import Experiment, Timing
from veigo.faults.slot_dropped import SlotDropped
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=SlotDropped("chat"),
    timing=Timing(fault_s=3),
    during=[AlarmNamedTheGap(within_s=10)],
)
