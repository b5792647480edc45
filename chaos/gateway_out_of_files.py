"""The gateway gets no more file descriptors: who is connected stays so, and who is turned away comes in afterwards."""

from veigo.experiment import Experiment, Timing
from veigo.faults.starved import Starved
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Starved("gateway"),
    timing=Timing(fault_s=5),
)
