"""The process that streams PostgreSQL's log is ended: Debezium asks for a new one, and nobody misses anything."""

from veigo.experiment import Experiment, Timing
from veigo.faults.walsender_killed import WalsenderKilled
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=WalsenderKilled("chat"),
    timing=Timing(fault_s=0),
)
