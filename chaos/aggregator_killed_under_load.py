"""The aggregator is killed under load: messages go on arriving, and the read model catches up from where it was."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("aggregator"),
    timing=Timing(fault_s=5),
)
