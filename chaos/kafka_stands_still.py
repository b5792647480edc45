"""Kafka takes connections and never answers: messages are late, and none is lost or out of order."""

from veigo.experiment import Experiment, Timing
from veigo.faults.pause import Pause
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Pause("kafka"),
    timing=Timing(fault_s=8),
)
