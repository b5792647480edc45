"""Single parts of the stack in containers: ``python -m veigo.testing.parts postgres NAME``, and ``… end NAME``.

A process of its own, because testcontainers ends what a process started when that process ends, and here several
workers of a test run share it. It prints a `Started` as JSON: where the part answers, or why it does not. Whatever it
makes bears a label with its name, by which it is ended. The images are those of compose.yaml.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.network import Network
from testcontainers.core.wait_strategies import ExecWaitStrategy

from veigo.stack.engine import docker
from veigo.testing.debezium import PORT as CONNECT_PORT
from veigo.testing.debezium import DebeziumContainer
from veigo.testing.kafka import INSIDE, ApacheKafkaContainer
from veigo.testing.opa import OpaContainer
from veigo.testing.shared_session import Started

LABEL = "veigo.testing"
POLICIES = Path(__file__).resolve().parents[2] / "policies"
POSTGRES = "postgres:18"
MONGO = "mongo:8.2"
MONGO_PORT = 27017
READY_WITHIN_S = 90
LINES_MAX = 20


class PartError(Exception):
    """A part did not come up; the sentence ends with its last lines."""


class Parts:
    """Containers and networks that stay when this process ends, until somebody calls `end` with their name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._labels = {LABEL: name}

    def started(self, container: DockerContainer, role: str = "") -> None:
        """Start one.

        Raises:
            PartError: it did not get ready in time.
        """
        name = f"{self._name}-{role}" if role else self._name
        try:
            container.with_name(name).with_kwargs(labels=self._labels).start()
        except Exception as error:
            said = b"".join(container.get_logs()).decode(errors="replace") if container._container else ""
            lines = "".join(f"\n  {line}" for line in said.splitlines()[-LINES_MAX:])
            raise PartError(f"{str(error).splitlines()[0]}; its last lines:{lines}") from error

    def network(self) -> Network:
        """A network for several of them."""
        return Network(docker_network_kw={"labels": self._labels}).create()


def end(name: str) -> None:
    """Remove the containers and networks of that name."""
    labelled = ("--quiet", "--filter", f"label={LABEL}={name}")
    if containers := docker("ps", "--all", *labelled).split():
        docker("rm", "--force", "--volumes", *containers)
    if networks := docker("network", "ls", *labelled).split():
        docker("network", "rm", *networks)


def postgres(parts: Parts) -> tuple[str, str]:
    """An empty database server that can be captured from."""
    container = PostgresContainer(POSTGRES, username="veigo", dbname="postgres", driver=None)
    container.with_command(["postgres", "-c", "wal_level=logical"])
    parts.started(container)
    address = f"{container.get_container_host_ip()}:{container.get_exposed_port(container.port)}"
    return address, container.get_connection_url()


def kafka(parts: Parts) -> tuple[str, str]:
    """A broker."""
    container = ApacheKafkaContainer()
    parts.started(container)
    return container.bootstrap_servers, container.bootstrap_servers


def mongo(parts: Parts) -> tuple[str, str]:
    """A document store without accounts, as the stack's."""
    container = DockerContainer(MONGO).with_exposed_ports(MONGO_PORT)
    asks = ["mongosh", "--quiet", "--eval", "db.runCommand({ping: 1}).ok"]
    container.waiting_for(ExecWaitStrategy(asks).with_startup_timeout(READY_WITHIN_S))
    parts.started(container)
    address = f"{container.get_container_host_ip()}:{container.get_exposed_port(MONGO_PORT)}"
    return address, f"mongodb://{address}"


def opa(parts: Parts) -> tuple[str, str]:
    """The policies, without data."""
    container = OpaContainer().with_policies(POLICIES)
    parts.started(container)
    return container.url.removeprefix("http://"), container.url


def connect(parts: Parts) -> tuple[str, str]:
    """Debezium, with a broker to keep its offsets in."""
    network = parts.network()
    broker = ApacheKafkaContainer()
    parts.started(broker.with_network(network), "kafka")
    container = DebeziumContainer(f"kafka:{INSIDE}")
    parts.started(container.with_network(network))
    return f"{container.get_container_host_ip()}:{container.get_exposed_port(CONNECT_PORT)}", container.url


PARTS: dict[str, Callable[[Parts], tuple[str, str]]] = {
    "postgres": postgres,
    "kafka": kafka,
    "mongo": mongo,
    "opa": opa,
    "connect": connect,
}


def main() -> int:
    """Start the part named on the command line, and say where it is; or end it."""
    part, name = sys.argv[1:]
    if part == "end":
        end(name)
        return 0
    testcontainers_config.ryuk_disabled = True  # it would end them with this process
    try:
        address, url = PARTS[part](Parts(name))
        started = Started({part: address}, url)
    except Exception as error:  # noqa: BLE001 - whatever docker or a container has to say becomes the test's sentence
        started = Started(failed=str(error))
    sys.stdout.buffer.write(msgspec.json.encode(started))
    return 0


if __name__ == "__main__":
    sys.exit(main())
