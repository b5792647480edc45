"""Debezium is killed under load: what it had not confirmed comes again, and nobody reads it twice."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("connect"),
    timing=Timing(fault_s=0),
)
