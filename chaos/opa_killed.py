"""Open Policy Agent is killed: nothing that it decides is granted until it is back and knows everything again."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("opa"),
    timing=Timing(fault_s=5),
)
