"""MongoDB is killed: people notice nothing, and the documents are made good from Kafka."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill import Kill
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Kill("mongo"),
    timing=Timing(fault_s=5),
)
