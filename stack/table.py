"""The stack, in one table. Ports, start order, addresses, probes, the diagram: all of it derives from here.

Nodes stand in the order a message meets them. Ports are offsets from the stack's first one (4000 for the default).
To add a service: describe it in ``services.py``, enter it here with its edges, and `veigo up` knows it.
"""

from stack import (
    canary,
    class_archives,
    collector,
    connect,
    connectors,
    kafka,
    migrations,
    mongo,
    opa,
    postgres,
    topics,
    toxiproxy,
)
from stack.services import AGGREGATOR, AUTHENTICATION, CHAT, GATEWAY, INBOX_BESIDE, REALTIME
from veigo.stack.edge import Edge
from veigo.stack.topology import Topology

NODES = (
    GATEWAY,
    AUTHENTICATION,
    CHAT,
    opa.NODE,
    postgres.NODE,
    connect.NODE,
    kafka.NODE,
    REALTIME,
    AGGREGATOR,
    mongo.NODE,
    collector.NODE,
)

JOBS = (migrations.JOB, topics.JOB, connectors.JOB, canary.JOB, class_archives.JOB)

EDGES = (
    Edge("gateway", "authentication", via="grpc"),
    Edge("gateway", "chat", via="grpc"),
    Edge("gateway", "realtime", via="websocket"),
    Edge("gateway", "aggregator", via="grpc", beside=INBOX_BESIDE),
    Edge("authentication", "postgres", via="sql"),
    Edge("chat", "authentication", via="grpc"),
    Edge("chat", "opa", via="http"),
    Edge("chat", "postgres", via="sql"),
    Edge("connect", "postgres", via="replication"),
    Edge("connect", "kafka", via="kafka"),
    Edge("realtime", "authentication", via="grpc"),
    Edge("realtime", "chat", via="grpc"),
    Edge("realtime", "opa", via="http"),
    Edge("realtime", "kafka", via="kafka"),
    Edge("aggregator", "authentication", via="grpc"),
    Edge("aggregator", "kafka", via="kafka"),
    Edge("aggregator", "mongo", via="mongodb"),
    Edge("aggregator", "opa", via="http"),
    # Nobody dials these: a committed row arrives by PostgreSQL's log, Debezium and Kafka.
    Edge("chat", "realtime", via="cdc"),
    Edge("chat", "aggregator", via="cdc"),
    Edge("authentication", "realtime", via="cdc"),
    Edge("authentication", "aggregator", via="cdc"),
    # What each tells about itself. Nobody waits for it.
    Edge("gateway", "collector", via="otlp"),
    Edge("authentication", "collector", via="otlp"),
    Edge("chat", "collector", via="otlp"),
    Edge("realtime", "collector", via="otlp"),
    Edge("aggregator", "collector", via="otlp"),
    Edge("collector", "connect", via="http"),  # whether the connectors run
)

TOPOLOGY = Topology(NODES, JOBS, EDGES, proxy=toxiproxy.NODE)
