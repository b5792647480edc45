"""Toxiproxy: stands in every edge of a stack that was started with ``veigo up --proxied``, and nowhere else.

One proxy for each node that somebody dials and each kind that dials it, so that a fault hits one edge and no other. A
stack without it has no trace of it: no port, no process, no hop.
"""

import json

from stack import kafka, rest
from veigo.stack.node import Launch, Node
from veigo.stack.ports import HOST
from veigo.stack.problem import NotReadyError
from veigo.stack.stack import Stack


def proxy_name(source: str, node: str) -> str:
    """What the proxy between a kind and a node it dials is called."""
    return f"{source}_{node}"


def configuration(stack: Stack) -> list[dict[str, object]]:
    """Every proxy, with where it listens and where that leads."""
    return [
        {
            "name": proxy_name(edge.source, node.name),
            "listen": f"{HOST}:{stack.base + offset}",
            "upstream": f"{HOST}:{kafka.port_for(stack, node, edge) if node.kind == 'kafka' else port}",
            "enabled": True,
        }
        for edge, node, offset in stack.topology.proxies()
        for port in (stack.base + node.offset + edge.beside,)
    ]


async def prepare(stack: Stack) -> None:
    """Write down what it reads at its start."""
    (stack.data("toxiproxy") / "proxies.json").write_text(json.dumps(configuration(stack), indent=2) + "\n")


def launch(stack: Stack) -> Launch:
    """The server."""
    program = stack.toolchain.path("toxiproxy") / "toxiproxy"
    where = ("-host", HOST, "-port", str(stack.port("toxiproxy")))
    return Launch((str(program), *where, "-config", str(stack.data("toxiproxy") / "proxies.json")))


async def probe(stack: Stack) -> None:
    """Ready when it has every proxy.

    Raises:
        NotReadyError: it has some of them only.
    """
    there = await rest.request(stack.address("toxiproxy"), "GET", "/proxies")
    if missing := {str(proxy["name"]) for proxy in configuration(stack)} - set(there):
        raise NotReadyError(f"it has no proxy {', '.join(sorted(missing))}; see {stack.log('toxiproxy')}")


NODE = Node(
    name="toxiproxy",
    does="Toxiproxy: what can go wrong between two nodes",
    offset=960,
    tool="toxiproxy",
    prepare=prepare,
    launch=launch,
    probe=probe,
)
