"""PostgreSQL's disk is full and it stops: what it had acknowledged is there when there is room again."""

from veigo.experiment import Experiment, Timing
from veigo.faults.disk_full import DiskFull
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=DiskFull(),
    timing=Timing(fault_s=3),
)
