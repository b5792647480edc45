"""``veigo status``: what runs, where, since when, and how much memory it takes."""

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from veigo.commands.display import complain, console, say
from veigo.commands.up import Name
from veigo.stack.problem import StackError
from veigo.stack.state import NodeState, StackState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from veigo.stack.alarms import Alarm
    from veigo.stack.state import StackRecord

DOWN, DEGRADED = 3, 4
STYLES = {NodeState.READY: "green", NodeState.DEAD: "bold red", NodeState.STOPPED: "dim"}


def status(
    name: Name = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
) -> None:
    """Show every node. Exit code 0: all ready, 3: down, 4: some are not ready or an alarm stands, 1: an error."""
    from stack.runtimes import alarms_of, runtime_of
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    stack = Stack.existing(TOPOLOGY, toolchain(), name)
    try:
        record = None if stack is None else runtime_of(stack).observe()
        alarms = [] if stack is None else alarms_of(stack).standing()
    except StackError as error:
        complain(str(error))
        raise typer.Exit(1) from None
    if as_json:
        say(json.dumps(describe(name, record) | {"alarms": [described(each) for each in alarms]}, indent=2))
    elif record is None:
        say(f"stack {name} is not there; `veigo up` starts it")
    else:
        show(record)
        tell_alarms(name, alarms)
    raise typer.Exit(exit_code(record) or (DEGRADED if alarms else 0))


def tell_alarms(name: str, alarms: "Sequence[Alarm]") -> None:
    """Print the alarms that stand, and what to do about those that do not pass by themselves."""
    from veigo.stack.alarms import PASSING

    for each in alarms:
        complain(f"since {stamp(each.at_us / 1e6)} {each.kind}: {each.sentence}")
    if any(each.kind not in PASSING for each in alarms):
        complain(f"every node runs; `veigo repair --name {name}` mends the rest, see docs/when_it_alarms.md")


def exit_code(record: "StackRecord | None") -> int:
    """0 ready, 3 down, 4 anything in between."""
    if record is None or record.state in (StackState.STOPPED, StackState.FAILED):
        return DOWN
    return 0 if record.state is StackState.READY else DEGRADED


def describe(name: str, record: "StackRecord | None") -> dict[str, Any]:
    """The stack as JSON says it: times in UTC, memory in MB."""
    if record is None:
        return {"name": name, "state": "absent", "nodes": [], "jobs": [], "memory_mb": 0}
    nodes: list[dict[str, Any]] = [
        {
            "name": node_name,
            "state": node.state.value,
            "pid": node.process.pid if node.process else None,
            "address": node.address,
            "since": stamp(node.since),
            "ready_after_s": node.took_s,
            "memory_mb": round(node.memory_bytes / 1e6, 1) or memory_mb(node.process),
            "detail": node.detail,
        }
        for node_name, node in record.nodes.items()
    ]
    jobs = [
        {"name": job_name, "state": "done" if job.state is NodeState.READY else job.state.value, "took_s": job.took_s}
        for job_name, job in record.jobs.items()
    ]
    runner_mb = memory_mb(record.runner, family=False)  # its children are the nodes
    return {
        "name": record.name,
        "state": record.state.value,
        "since": stamp(record.since),
        "error": record.error,
        "runner_pid": record.runner.pid if record.runner else None,
        "runner_memory_mb": runner_mb,
        "memory_mb": round(sum(node["memory_mb"] for node in nodes) + runner_mb, 1),
        "nodes": nodes,
        "jobs": jobs,
    }


def described(alarm: "Alarm") -> dict[str, Any]:
    """An alarm as JSON says it."""
    from msgspec import to_builtins

    about: dict[str, Any] = to_builtins(alarm)
    return about | {"since": stamp(about.pop("at_us") / 1e6)}


def memory_mb(process: Any, *, family: bool = True) -> float:  # noqa: ANN401 - ProcessId, whose import would cost every command psutil
    """Memory of a recorded process and its children, in MB."""
    from veigo.stack.process import memory_bytes

    return round(memory_bytes(process, family=family) / 1e6, 1)


def stamp(since: float) -> str:
    """A time as ISO 8601 in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(since))


# The columns beside the name, and whether they are figures.
FIGURES = {"state": False, "address": False, "pid": True, "since": False, "ready after": True, "memory": True}


def _row(node: dict[str, Any]) -> dict[str, str]:
    style = STYLES.get(NodeState(node["state"]), "yellow")
    return {
        "node": node["name"],
        "state": f"[{style}]{node['state']}[/]" + (f" ({node['detail']})" if node["detail"] else ""),
        "address": node["address"],
        "pid": str(node["pid"] or ""),
        "since": node["since"],
        "ready after": f"{node['ready_after_s']:.1f} s" if node["ready_after_s"] else "",
        "memory": f"{node['memory_mb']:.0f} MB" if node["memory_mb"] else "",
    }


def show(record: "StackRecord") -> None:
    """Print the stack as a table."""
    from rich.table import Table

    told = describe(record.name, record)
    rows = [_row(node) for node in told["nodes"]]
    # What is known of none of them is left out: a container has no pid here.
    known = [heading for heading in ("node", *FIGURES) if any(row[heading] for row in rows)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in known:
        table.add_column(heading, justify="right" if FIGURES.get(heading) else "left")
    for row in rows:
        table.add_row(*(row[heading] for heading in known))
    screen = console()
    screen.print(table)
    screen.print(f"stack {told['name']} is {told['state']}, {told['memory_mb']:.0f} MB in all", highlight=False)
    if told["error"]:
        complain(told["error"])
