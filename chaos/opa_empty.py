"""Open Policy Agent loses all data and nobody reloads it: whatever it decides is refused until it knows again."""

from veigo.experiment import Experiment, Timing
from veigo.faults.opa_emptied import OpaEmptied
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=OpaEmptied("aggregator"),
    timing=Timing(fault_s=5),
)
