"""Who talks to whom: one edge is one direction of one conversation."""

from dataclasses import dataclass
from enum import StrEnum


class Via(StrEnum):
    """What an edge carries.

    ``CDC`` is the edge nobody dials: a row committed by the source arrives at the target through PostgreSQL's log,
    Debezium and Kafka. It is in the table because a message's trace must go on across it.
    """

    GRPC = "grpc"
    HTTP = "http"
    WEBSOCKET = "websocket"
    SQL = "sql"
    REPLICATION = "replication"
    KAFKA = "kafka"
    MONGODB = "mongodb"
    CDC = "cdc"
    OTLP = "otlp"


@dataclass(frozen=True)
class Edge:
    """``source`` opens the conversation with ``target``; ``beside`` is how far the port it dials is from the first."""

    source: str
    target: str
    via: str
    beside: int = 0

    @property
    def dialled(self) -> bool:
        """Whether the source opens a connection to the target, so it needs an address and a fault can sit there."""
        return Via(self.via) is not Via.CDC
