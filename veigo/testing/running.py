"""What fixtures hand out: where something of the stack answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class RunningStack:
    """A whole stack.

    Attributes:
        name: as ``veigo status --name`` knows it.
        addresses: node → ``host:port``.
    """

    name: str
    addresses: Mapping[str, str]

    @property
    def url(self) -> str:
        """The gateway."""
        return f"http://{self.addresses['gateway']}"

    @property
    def graphql_url(self) -> str:
        """Where GraphQL documents are posted."""
        return f"{self.url}/graphql"

    def socket_url(self, token: str) -> str:
        """Where somebody with this access token opens a WebSocket."""
        return f"ws://{self.addresses['gateway']}/?token={quote(f'SuperDuperUser {token}')}"


@dataclass(frozen=True)
class RunningPart:
    """One part of it, by itself.

    Attributes:
        address: ``host:port``.
        url: as its clients want it, with a password where there is one; for Kafka the same as ``address``.
    """

    name: str
    address: str
    url: str
