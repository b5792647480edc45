"""Chat is killed mid-send: no acknowledged message is lost, and a send made again under its id is one message."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("chat"),
    timing=Timing(fault_s=3),
)
