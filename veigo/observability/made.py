"""Every file that is made from the expectations, by its path below `observability/`."""

from veigo.observability.dashboards import dashboards
from veigo.observability.expectations import Expectations
from veigo.observability.rules import rules
from veigo.stack.topology import Topology


def made(expectations: Expectations, topology: Topology) -> dict[str, str]:
    """The Prometheus rules and the Grafana dashboards."""
    return {"prometheus/rules/veigo.yml": rules(expectations)} | {
        f"grafana/dashboards/{name}.json": text for name, text in dashboards(expectations, topology).items()
    }
