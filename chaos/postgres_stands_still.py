"""PostgreSQL stands still under load: sends wait or are of unknown ending, and none is stored by halves."""

from veigo.experiment import Experiment, Timing
from veigo.faults.pause import Pause
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Pause("postgres"),
    timing=Timing(fault_s=5),
)
