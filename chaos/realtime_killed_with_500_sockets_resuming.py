"""Realtime is killed under 500 sockets: all are back in their rooms within seconds, and nobody misses anything."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(rooms=10, senders=20, sends_per_s=10, listeners=480, visitors=False),
    fault=Kill("realtime"),
    timing=Timing(fault_s=0),
)
