"""PostgreSQL gets no more memory: what it cannot do it refuses, and what it did acknowledge stays."""

from veigo.experiment import Experiment, Timing
from veigo.faults.site import Resource
from veigo.faults.starved import Starved
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Starved("postgres", Resource.MEMORY),
    timing=Timing(fault_s=5),
)
