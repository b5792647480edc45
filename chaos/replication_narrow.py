"""The way from PostgreSQL to Debezium carries a trickle: messages queue up in the log, and arrive once and in order."""

from veigo.experiment import Experiment, Timing
from veigo.faults.bandwidth import Bandwidth
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Bandwidth("connect", "postgres", kb_per_s=8),
    timing=Timing(fault_s=8),
)
