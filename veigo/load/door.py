"""The GraphQL door for people under gevent: what ``veigo.client.graphql`` is to asyncio.

All of a process share its kept connections: what is measured is the stack, not the making of connections.
"""

from typing import Any, TypeVar

import msgspec
from geventhttpclient import HTTPClient

from veigo.client.graphql import Unintelligible, data_of, question

CONNECTIONS_MAX = (
    256  # of one process; above it a request waits for one, and its latency, from when it was meant, tells
)
CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 15.0
PATH = "/graphql"

Data = TypeVar("Data", bound=msgspec.Struct)


class Door:
    """A stack's GraphQL endpoint."""

    def __init__(self, gateway: str) -> None:
        """Ask the gateway at a URL (`http://…`)."""
        self.gateway = gateway.rstrip("/")
        self._http = HTTPClient.from_url(
            self.gateway,
            concurrency=CONNECTIONS_MAX,
            connection_timeout=CONNECT_WITHIN_S,
            network_timeout=ANSWER_WITHIN_S,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def execute(
        self,
        document: str,
        variables: dict[str, Any],
        into: type[Data],
        token: str | None = None,
        traceparent: str | None = None,
    ) -> Data:
        """Run one operation and decode its data.

        Raises:
            Refused: the stack answered with a GraphQL error.
            Unintelligible: the answer was no GraphQL, or none.
            OSError: there was no answer.
        """
        headers, body = question(document, variables, token, traceparent)
        with self._http.request("POST", PATH, body, headers) as response:
            content = response.read()
        if response.status_code is None:
            message = f"an answer without a status, {len(content)} bytes"
            raise Unintelligible(message)
        return data_of(response.status_code, bytes(content), into)
