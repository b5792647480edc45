"""Two ways between nodes that the seed draws go wrong at once, each its own way: no promise depends on which."""

from veigo.experiment import Experiment, Timing
from veigo.faults.bandwidth import Bandwidth
from veigo.faults.latency import Latency
from veigo.faults.partition import Partition
from veigo.faults.reset import Reset
from veigo.faults.together import drawn
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=drawn(
        *(Partition("gateway", node) for node in ("chat", "realtime", "aggregator")),
        *(Partition(node, "opa") for node in ("chat", "realtime", "aggregator")),
        *(Latency(node, "kafka", ms=200, jitter_ms=100) for node in ("connect", "realtime", "aggregator")),
        *(Reset("chat", "postgres"), Reset("connect", "postgres"), Reset("aggregator", "mongo")),
        *(Bandwidth("connect", "kafka", kb_per_s=4), Bandwidth("chat", "postgres", kb_per_s=8)),
    ),
    timing=Timing(fault_s=5),
)
