"""Apache Kafka's own image for testcontainers, one broker that is its own controller.

with ApacheKafkaContainer() as kafka:
Producer({"bootstrap.servers": kafka.bootstrap_servers})
"""

import socket
from typing import Any

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import ExecWaitStrategy

INSIDE, CONTROLLER = 9092, 9093
TOPICS = "/opt/kafka/bin/kafka-topics.sh"


class ApacheKafkaContainer(DockerContainer):
    """One broker. From the machine it is at `bootstrap_servers`; from its network at ``ALIAS:9092``.

    A broker tells its clients where to find it, so its port on the machine is chosen before it starts, and is the same
    inside.
    """

    def __init__(self, image: str = "apache/kafka:4.3.1", alias: str = "kafka", **options: Any) -> None:  # noqa: ANN401 - docker's
        super().__init__(image, **options)
        self._port = _free_port()
        host = self.get_docker_client().host()
        listeners = {"INSIDE": INSIDE, "OUTSIDE": self._port, "CONTROLLER": CONTROLLER}
        settings = {
            "NODE_ID": "1",
            "PROCESS_ROLES": "broker,controller",
            "CONTROLLER_QUORUM_VOTERS": f"1@localhost:{CONTROLLER}",
            "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "LISTENERS": ",".join(f"{name}://:{port}" for name, port in listeners.items()),
            "LISTENER_SECURITY_PROTOCOL_MAP": ",".join(f"{name}:PLAINTEXT" for name in listeners),
            "ADVERTISED_LISTENERS": f"INSIDE://{alias}:{INSIDE},OUTSIDE://{host}:{self._port}",
            "INTER_BROKER_LISTENER_NAME": "INSIDE",
            "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        }
        for name, value in settings.items():
            self.with_env(f"KAFKA_{name}", value)
        self.with_bind_ports(self._port, self._port)
        self.with_network_aliases(alias)
        asks = [TOPICS, "--bootstrap-server", f"localhost:{self._port}", "--list"]
        self.waiting_for(ExecWaitStrategy(asks).with_startup_timeout(60))

    @property
    def bootstrap_servers(self) -> str:
        """Where clients on this machine begin."""
        return f"{self.get_container_host_ip()}:{self._port}"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("", 0))
        return int(listener.getsockname()[1])
