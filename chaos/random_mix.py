"""Two nodes that the seed draws fail at once, killed or standing still: no promise depends on who fails with whom."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.faults.pause import Pause
from veigo.faults.together import drawn
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=drawn(
        *(Kill(node) for node in ("kafka", "connect", "postgres", "opa", "mongo", "chat", "realtime", "gateway")),
        *(Pause(node) for node in ("kafka", "connect", "opa", "aggregator", "authentication", "realtime")),
    ),
    timing=Timing(fault_s=5),
)
