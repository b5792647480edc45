"""Open Policy Agent takes connections and never answers: requests are refused in time, and nothing is granted."""

from veigo.experiment import Experiment, Timing
from veigo.faults.pause import Pause
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Pause("opa"),
    timing=Timing(fault_s=5),
)
