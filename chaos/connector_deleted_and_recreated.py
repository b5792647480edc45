"""A connector is deleted and handed over again: it goes on where it was, and nothing is lost or read twice."""

from veigo.experiment import Experiment, Timing
from veigo.faults.connector_deleted import ConnectorDeleted
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=ConnectorDeleted("chat"),
    timing=Timing(fault_s=5),
)
