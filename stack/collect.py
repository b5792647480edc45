"""The collector where there is no runner to describe the stack to it: ``python -m stack.collect``."""

import os
import runpy

from stack.collector import EXPECTED
from stack.table import TOPOLOGY
from veigo.observability import expectations
from veigo.telemetry import edge_rates

if __name__ == "__main__":
    os.environ["STACK_TABLE"] = edge_rates.described(TOPOLOGY, expectations.read(EXPECTED))
    runpy.run_module("veigo.telemetry", run_name="__main__")
