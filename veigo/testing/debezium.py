"""Kafka Connect with Debezium for testcontainers.

with DebeziumContainer("kafka:9092").with_network(network) as connect:
connect.register("orders", {"connector.class": "io.debezium.connector.postgresql.PostgresConnector", …})
connect.wait_running("orders")
"""

import time
from typing import Any

import requests
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

PORT = 8083
ANSWER_WITHIN_S = 30.0
LOOK_EVERY_S = 0.2


class DebeziumContainer(DockerContainer):
    """One Connect worker with Debezium's connectors; its REST interface is at `url`.

    ``bootstrap_servers`` is Kafka's address inside the worker's network. Its three topics are called after ``group``.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        image: str = "quay.io/debezium/connect:3.7.0.Final",
        group: str = "connect",
        **options: Any,  # noqa: ANN401 - docker's
    ) -> None:
        super().__init__(image, **options)
        self.with_env("BOOTSTRAP_SERVERS", bootstrap_servers).with_env("GROUP_ID", group)
        for kind in ("config", "offset", "status"):
            self.with_env(f"{kind.upper()}_STORAGE_TOPIC", f"{group}.{kind}s")
            self.with_env(f"CONNECT_{kind.upper()}_STORAGE_REPLICATION_FACTOR", "1")
        for side in ("KEY", "VALUE"):
            self.with_env(f"CONNECT_{side}_CONVERTER_SCHEMAS_ENABLE", "false")
        self.with_exposed_ports(PORT)
        self.waiting_for(HttpWaitStrategy(PORT, "/connectors").for_status_code(200))

    @property
    def url(self) -> str:
        """Where its REST interface is."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"

    def register(self, name: str, configuration: dict[str, str]) -> None:
        """Create a connector, or change the one of that name."""
        url = f"{self.url}/connectors/{name}/config"
        requests.put(url, json=configuration, timeout=ANSWER_WITHIN_S).raise_for_status()

    def state_of(self, name: str) -> str:
        """RUNNING when the connector and its tasks are, else the first state that is another."""
        answer = requests.get(f"{self.url}/connectors/{name}/status", timeout=ANSWER_WITHIN_S)
        if answer.status_code == 404:
            return "ABSENT"
        answer.raise_for_status()
        status = answer.json()
        states = [status["connector"]["state"], *(task["state"] for task in status["tasks"])]
        if len(states) == 1:
            return "UNASSIGNED"
        return next((state for state in states if state != "RUNNING"), "RUNNING")

    def wait_running(self, name: str, within_s: float = 60.0) -> None:
        """Wait until a connector and its task run.

        Raises:
            TimeoutError: they do not; the message says what they do.
        """
        deadline_s = time.monotonic() + within_s
        while (state := self.state_of(name)) != "RUNNING":
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"connector {name} is {state} after {within_s:g} s, not RUNNING")
            time.sleep(LOOK_EVERY_S)
