"""One of three brokers is killed while it leads: another one takes over with everything that was acknowledged."""

from veigo.experiment import Experiment, Timing
from veigo.faults.kill_leader import KillLeader
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=KillLeader(),
    timing=Timing(fault_s=5),
    scale={"kafka": 3},
)
