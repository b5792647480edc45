"""Kafka is killed under load and started at once: nothing acknowledged is lost, and all is soon as before."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("kafka"),
    timing=Timing(fault_s=0),
)
