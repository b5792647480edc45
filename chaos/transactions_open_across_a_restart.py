"""Messages are written before Debezium restarts and committed after it: none of them is taken for sent."""

from veigo.experiment import Experiment, Timing
from veigo.faults.long_transaction import LongTransaction
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=LongTransaction(),
    timing=Timing(fault_s=0),
)
