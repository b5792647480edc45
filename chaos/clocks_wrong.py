"""Chat's clock is five minutes ahead and the gateway's five behind: nobody is turned away or out of order."""

from veigo.experiment import Experiment, Timing
from veigo.faults.clock_skew import ClockSkew
from veigo.faults.together import Together
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Together(ClockSkew("chat", ahead_s=300), ClockSkew("gateway", ahead_s=-300)),
    timing=Timing(fault_s=5),
)
