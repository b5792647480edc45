"""PostgreSQL is stopped without a checkpoint and recovers from its log: what it had acknowledged is there."""

from veigo.experiment import Experiment, Timing
from veigo.faults.immediate_stop import ImmediateStop
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=ImmediateStop(),
    timing=Timing(fault_s=3),
)
