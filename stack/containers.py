"""This stack in containers: which compose files, which ports inside their network, and what proves that it works."""

from pathlib import Path

from stack import canary
from veigo.stack.containers import Composition
from veigo.stack.problem import StackError

ROOT = Path(__file__).resolve().parents[1]
IMAGE = "veigo"
OVERLAYS = ("observability", "cluster")
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
PUBLISHED = frozenset({"gateway", "collector"})


def composition(overlays: tuple[str, ...] = ()) -> Composition:
    """What the containers are.

    Raises:
        StackError: this is no checkout, or there is no such overlay.
    """
    files = [ROOT / "compose.yaml", *(ROOT / f"compose.{overlay}.yaml" for overlay in overlays)]
    for file in files:
        if not file.exists():
            raise StackError(f"there is no {file}; run this in a checkout of Veigo")
    return Composition(tuple(files), IMAGE, DOORS, PUBLISHED, "secrets-admin", canary.run)
