"""This stack in containers: which compose files, which ports inside their network, and what proves that it works."""

import re
from pathlib import Path

from stack import canary
from veigo.stack.containers import Composition
from veigo.stack.problem import StackError
from veigo.stack.project import Project
from veigo.stack.stack import Stack

ROOT = Path(__file__).resolve().parents[1]
IMAGE = "veigo"
OVERLAYS = ("observability", "cluster")
# What compose.cluster.yaml has several of.
CLUSTER = {"kafka": 3, "gateway": 2, "authentication": 2, "chat": 2, "realtime": 2, "aggregator": 2}
DOORS = {
    "authentication": 4100,
    "chat": 4200,
    "opa": 8181,
    "postgres": 5432,
    "connect": 8083,
    "kafka": 9094,  # the listener whose advertised address is the door's
    "realtime": 4300,
    "aggregator": 4400,
    "mongo": 27017,
}


def composition(overlays: tuple[str, ...] = ()) -> Composition:
    """What the containers are.

    Raises:
        StackError: this is no checkout, or there is no such overlay.
    """
    if unknown := set(overlays) - set(OVERLAYS):
        raise StackError(f"there is no overlay {', '.join(unknown)}; there are {', '.join(OVERLAYS)}")
    files = [ROOT / "compose.yaml", *(ROOT / f"compose.{overlay}.yaml" for overlay in overlays)]
    for file in files:
        if not file.exists():
            raise StackError(f"there is no {file}; run this in a checkout of Veigo")
    return Composition(tuple(files), IMAGE, DOORS, "secrets-admin", canary.run)


def scale_of(overlays: tuple[str, ...]) -> list[str]:
    """The scale that overlays have, in the words of --scale; none when they leave it as it is."""
    return [f"{kind}={count}" for kind, count in CLUSTER.items()] if "cluster" in overlays else []


def scale_in(project: Project) -> dict[str, int]:
    """How many of each node a project has, of those that there may be several of."""
    counts = {kind: sum(bool(re.fullmatch(rf"{kind}(-\d+)?", name)) for name in project.containers) for kind in CLUSTER}
    return {kind: count for kind, count in counts.items() if count > 1}


def require_doors(stack: Stack, project: Project) -> None:
    """Refuse a project whose brokers tell clients outside another port than the harness would open for them.

    Raises:
        StackError: with the variables that it has to be started with.
    """
    wanted: dict[str, int] = {}
    for number, broker in enumerate(stack.topology.replicas("kafka"), 1):
        told = project.containers.get(broker.name, {}).get("Config", {}).get("Env") or []
        port = stack.port(broker.name)
        if not any(re.search(rf"^KAFKA_ADVERTISED_LISTENERS=.*DOOR://localhost:{port}\b", line) for line in told):
            wanted["VEIGO_KAFKA_DOOR" + (f"_{number}" if number > 1 else "")] = port
    if wanted:
        variables = " ".join(f"{name}={port}" for name, port in wanted.items())
        raise StackError(
            f"Kafka of project {project.name} sends clients outside its network elsewhere; start it with {variables}"
        )
