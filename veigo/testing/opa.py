"""Open Policy Agent for testcontainers.

with OpaContainer().with_policies("policies") as opa:
opa.decide("rooms/allow", {"user": "bob"})
"""

from os import PathLike
from pathlib import Path
from typing import Any, Self

import requests
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

PORT = 8181
ANSWER_WITHIN_S = 5.0


class OpaContainer(DockerContainer):
    """One OPA server; its REST API is at `url`."""

    def __init__(self, image: str = "openpolicyagent/opa:1.22.2-static", **options: Any) -> None:  # noqa: ANN401 - docker's
        super().__init__(image, **options)
        self._arguments = ["run", "--server", f"--addr=0.0.0.0:{PORT}", "--log-level=error", "--disable-telemetry"]
        self.with_exposed_ports(PORT)
        self.waiting_for(HttpWaitStrategy(PORT, "/health").for_status_code(200))

    def with_policies(self, folder: str | PathLike[str], ignore: str = "*_test.rego") -> Self:
        """Load every policy and data file of a folder, but for those that match ``ignore``."""
        self.with_volume_mapping(str(Path(folder).resolve()), "/policies")
        self._arguments += [f"--ignore={ignore}", "/policies"]
        return self

    def start(self) -> Self:
        """Start it, and wait until it is healthy."""
        self.with_command(self._arguments)
        return super().start()

    @property
    def url(self) -> str:
        """Where its REST API is."""
        return f"http://{self.get_container_host_ip()}:{self.get_exposed_port(PORT)}"

    def put_data(self, path: str, document: Any) -> None:  # noqa: ANN401 - JSON
        """Write a document; ``path`` is as in ``/v1/data/PATH``."""
        requests.put(f"{self.url}/v1/data/{path}", json=document, timeout=ANSWER_WITHIN_S).raise_for_status()

    def decide(self, path: str, question: Any) -> Any:  # noqa: ANN401 - JSON
        """Evaluate a rule for an input; None when it is undefined."""
        answer = requests.post(f"{self.url}/v1/data/{path}", json={"input": question}, timeout=ANSWER_WITHIN_S)
        answer.raise_for_status()
        return answer.json().get("result")
