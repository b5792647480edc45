"""Two faults that the seed draws happen at once, to different nodes: no promise depends on who fails with whom."""

from veigo.experiment import Experiment, Timing
from veigo.faults.disk_full import DiskFull
from veigo.faults.down import Down
from veigo.faults.immediate_stop import ImmediateStop
from veigo.faults.kill import Kill
from veigo.faults.opa_emptied import OpaEmptied
from veigo.faults.pause import Pause
from veigo.faults.together import drawn
from veigo.faults.walsender_killed import WalsenderKilled
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=drawn(
        *(Kill(node) for node in ("kafka", "connect", "postgres", "opa", "mongo", "chat", "realtime", "gateway")),
        *(Pause(node) for node in ("kafka", "connect", "opa", "aggregator", "authentication", "realtime")),
        *(Down(node) for node in ("kafka", "connect", "mongo", "aggregator", "chat", "realtime")),
        *(ImmediateStop(), DiskFull(), WalsenderKilled("chat"), OpaEmptied("aggregator")),
    ),
    timing=Timing(fault_s=5),
)
