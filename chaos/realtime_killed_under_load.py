"""Realtime is killed under load: every socket resumes where it was, while people go on sending."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("realtime"),
    timing=Timing(fault_s=0),
)
