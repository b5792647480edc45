"""A slot passes its cap and PostgreSQL gives it up: an alarm names the gap, and a repair closes it."""

from veigo.checkers.alarm_named_the_gap import AlarmNamedTheGap
from veigo.experiment import Experiment, Timing
from veigo.faults.slot_lost import SlotLost
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=SlotLost("chat"),
    timing=Timing(fault_s=3),
    during=[AlarmNamedTheGap(within_s=10)],
)
