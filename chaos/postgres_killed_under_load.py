"""PostgreSQL is killed under load: what it had acknowledged is there when it is back, and is delivered once."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("postgres"),
    timing=Timing(fault_s=3),
)
