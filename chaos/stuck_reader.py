"""A socket whose reader fell asleep is let go of, and nobody else waits for it or misses anything."""

from veigo.experiment import Experiment, Timing
from veigo.faults.stuck_reader import StuckReader
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=StuckReader(),
    timing=Timing(fault_s=0),
)
