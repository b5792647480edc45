"""Debezium cannot reach Kafka: acknowledgements go on, and all of it is delivered once when the way is open again."""

from veigo.experiment import Experiment, Timing
from veigo.faults.partition import Partition
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Partition("connect", "kafka"),
    timing=Timing(fault_s=8),
)
