"""The gateway is killed under load: everybody reconnects and resumes, and what was acknowledged stays acknowledged."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("gateway"),
    timing=Timing(fault_s=3),
)
