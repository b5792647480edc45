"""Realtime cannot reach Kafka: sockets stay open and silent, and everybody gets everything afterwards, in order."""

from veigo.experiment import Experiment, Timing
from veigo.faults.partition import Partition
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Partition("realtime", "kafka"),
    timing=Timing(fault_s=8),
)
