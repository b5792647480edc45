"""Every node is restarted, one after the other: people reconnect and try again, and nobody misses anything."""

from veigo.experiment import Experiment, Timing
from veigo.faults.restart import Restart
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Restart(
        "mongo", "opa", "aggregator", "realtime", "connect", "kafka", "postgres", "authentication", "chat", "gateway"
    ),
    timing=Timing(fault_s=0),
)
