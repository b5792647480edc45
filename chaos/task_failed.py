"""Debezium loses its right to log in and its task fails: it is restarted when it may again, and nothing is skipped."""

from veigo.experiment import Experiment, Timing
from veigo.faults.task_failed import TaskFailed
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=TaskFailed("chat"),
    timing=Timing(fault_s=5),
)
