"""Open Policy Agent answers late, to chat and to realtime: everything takes longer, and nothing is granted unasked."""

from veigo.experiment import Experiment, Timing
from veigo.faults.latency import Latency
from veigo.faults.together import Together
from veigo.workloads.send_and_read import SendAndRead

experiment = Experiment(
    workload=SendAndRead(),
    fault=Together(Latency("chat", "opa", ms=150), Latency("realtime", "opa", ms=150)),
    timing=Timing(fault_s=5),
)
