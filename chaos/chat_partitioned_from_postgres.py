"""Chat cannot reach PostgreSQL and is not told: sends are refused or of unknown ending, and none is half stored."""

from veigo.experiment import Experiment, Timing
from veigo.faults.partition import Partition
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Partition("chat", "postgres"),
    timing=Timing(fault_s=5),
)
