"""Debezium is killed among rows that share one place in the log: messages come after them, late, and none is lost."""

from veigo.experiment import Experiment, Timing
from veigo.faults.copy_across_restart import CopyAcrossRestart
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=CopyAcrossRestart(),
    timing=Timing(fault_s=0),
)
