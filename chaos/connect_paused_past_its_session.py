"""Debezium stands still until its group has given it up: when it wakes up nothing is lost and nothing read twice."""

from veigo.experiment import Experiment, Timing
from veigo.faults.zombie import Zombie
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Zombie(),
    timing=Timing(fault_s=3),
)
