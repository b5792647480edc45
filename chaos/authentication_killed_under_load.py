"""Authentication is killed under load: who is signed in goes on talking, by keys that are known already."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("authentication"),
    timing=Timing(fault_s=5),
)
