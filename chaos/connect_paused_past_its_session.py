"""Debezium stands still until its group gives it up: when it wakes up nothing is lost and nothing read twice."""

from veigo.experiment import Experiment, Timing
from veigo.faults.pause import Pause
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Pause("connect"),
    timing=Timing(fault_s=8),
)
