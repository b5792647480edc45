"""Kafka and Debezium are down for ten minutes: acknowledgements go on, and all of it is delivered afterwards."""

from veigo.experiment import Experiment, Timing
from veigo.faults.down import Down
from veigo.faults.together import Together
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(sends_per_s=30, visitors=False),
    fault=Together(Down("connect"), Down("kafka")),
    timing=Timing(fault_s=10, full_s=600),
)
