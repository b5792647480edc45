"""A plan whose run is traced, and judged by its traces too."""

import dataclasses
import os

from veigo.audited_run import Plan
from veigo.checkers.catalogue import BROKEN_TRACES_MAX
from veigo.checkers.every_message_is_one_trace import EveryMessageIsOneTrace
from veigo.run_folder import RunFolder

# Of the messages under way while a process is killed, a few may lose a part of their trace: the span that was begun
# and never ended is told by nobody.
BROKEN_SHARE_MAX_UNDER_KILLS = 0.001


def traced(plan: Plan, collector_url: str, folder: RunFolder, *, broken_share_max: float = 0.0) -> Plan:
    """Return the plan with its run reported to the collector, and the promise that every message is one trace.

    It is returned as it is when tracing was switched off (`OTEL_SDK_DISABLED`).

    Args:
        plan: what to run.
        collector_url: where the run is reported to, and its part of the telemetry fetched from.
        folder: the run's, which that part is written into.
        broken_share_max: the share of acknowledged messages whose trace faults may break.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return plan
    checker = EveryMessageIsOneTrace(folder.telemetry, broken_share_max=broken_share_max)
    parameters = {**plan.parameters, BROKEN_TRACES_MAX: broken_share_max} if broken_share_max else plan.parameters
    checkers = [*plan.checkers, checker]
    return dataclasses.replace(plan, parameters=parameters, checkers=checkers, collector_url=collector_url)
