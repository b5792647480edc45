"""The collector where there is no runner to describe the stack to it: ``python -m stack.collect``.

STACK_SCALE says how many of each node there are, as for the jobs.
"""

import os
import runpy

from stack.collector import EXPECTED
from stack.table import TOPOLOGY
from veigo.observability import expectations
from veigo.stack.scale import read_scale, scaled
from veigo.telemetry import edge_rates

if __name__ == "__main__":
    topology = scaled(TOPOLOGY, read_scale([os.environ.get("STACK_SCALE", "")], TOPOLOGY))
    os.environ["STACK_TABLE"] = edge_rates.described(topology, expectations.read(EXPECTED))
    runpy.run_module("veigo.telemetry", run_name="__main__")
