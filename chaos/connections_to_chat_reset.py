"""Every connection from the gateway to chat is reset: sends end unknown, and made again they are one message."""

from veigo.experiment import Experiment, Timing
from veigo.faults.reset import Reset
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Reset("gateway", "chat"),
    timing=Timing(fault_s=5),
)
