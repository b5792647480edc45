"""Connect forgets how far it was: an alarm says so before anything is skipped, and a repair makes sure."""

from veigo.checkers.alarm_named_the_gap import AlarmNamedTheGap
from veigo.experiment import Experiment, Timing
from veigo.faults.offsets_lost import OffsetsLost
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=OffsetsLost("chat"),
    timing=Timing(fault_s=3),
    during=[AlarmNamedTheGap(within_s=10)],
)
