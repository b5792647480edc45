"""Kafka: one broker that is its own controller (KRaft), small, and quick to form its groups; or several of them.

One broker keeps one copy: a record it acknowledged is in the page cache, not yet on disk. It survives a killed broker
and not a power cut; verdicts that rely on it say so. With ``--scale kafka=3`` there are three copies, and a record
counts as written when two brokers have it: any one of them may die, and nobody waits for it for longer than it takes to
choose another leader. Each further broker takes about 300 MB.

In a proxied stack a broker has one more listener for each kind of client, since it tells its clients where to find it:
each is told to come through its own proxy.
"""

import asyncio
import hashlib
import time
import warnings
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from stack import class_archives
from stack.tools import java_command
from veigo.stack.edge import Edge
from veigo.stack.node import Launch, Node
from veigo.stack.ports import HOST
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.process import ChildProcess, last_lines
from veigo.stack.stack import Stack

HEAP_MB = 256
OFFSET = 600
CONTROLLER_BESIDE = 1
LISTENERS_OFFSET = 650  # in a proxied stack: ten for each kind of client, one for each broker
COPIES_MAX = 3
FORMAT_WITHIN_S = 60.0
PROBE_TOPIC = "veigo.probe"
PROBE_WITHIN_S = 3.0


def copies(stack: Stack) -> int:
    """How many brokers keep each record."""
    return min(len(stack.topology.replicas("kafka")), COPIES_MAX)


def in_sync_min(stack: Stack) -> int:
    """How many of them must have it before it counts as written."""
    return 2 if copies(stack) == COPIES_MAX else 1


def port_for(stack: Stack, broker: Node, edge: Edge) -> int:
    """Where a broker listens for one kind of client in a proxied stack, behind that client's proxy."""
    clients = [other.source for other in stack.topology.edges if other.target == broker.kind]
    return stack.base + LISTENERS_OFFSET + 10 * clients.index(edge.source) + broker_id(stack, broker.name) - 1


def broker_id(stack: Stack, name: str) -> int:
    """The number of a broker, from 1."""
    return [node.name for node in stack.topology.replicas("kafka")].index(name) + 1


def listeners(stack: Stack, name: str) -> dict[str, str]:
    """Where a broker listens, and what it tells its clients of that."""
    there = {"PLAINTEXT": stack.address(name)}
    told = dict(there)
    if stack.topology.proxied:
        for edge, node, offset in stack.topology.proxies():
            if node.name == name:
                listener = edge.source.upper()
                there[listener] = f"{HOST}:{port_for(stack, node, edge)}"
                told[listener] = f"{HOST}:{stack.base + offset}"
    controller = {"CONTROLLER": f"{HOST}:{stack.port(name) + CONTROLLER_BESIDE}"}
    return {
        "listeners": _listed(there | controller),
        "advertised.listeners": _listed(told),
        "listener.security.protocol.map": ",".join(f"{listener}:PLAINTEXT" for listener in (there | controller)),
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
    }


def _listed(addresses: dict[str, str]) -> str:
    return ",".join(f"{listener}://{address}" for listener, address in addresses.items())


def settings(stack: Stack, name: str = "kafka") -> dict[str, str]:
    """A broker's configuration."""
    brokers = stack.topology.replicas("kafka")
    controllers = [f"{HOST}:{stack.port(broker.name) + CONTROLLER_BESIDE}" for broker in brokers]
    several = {"default.replication.factor": str(copies(stack)), "min.insync.replicas": str(in_sync_min(stack))}
    return (
        (several if len(brokers) > 1 else {})
        | listeners(stack, name)
        | {
            "process.roles": "broker,controller",
            "node.id": str(broker_id(stack, name)),
            "controller.quorum.voters": ",".join(
                f"{number}@{address}" for number, address in enumerate(controllers, 1)
            ),
            "log.dirs": str(stack.data(name) / "log"),
            # Every topic is made on purpose, with its partitions and time stamps decided (topics.py).
            "auto.create.topics.enable": "false",
            # Few partitions where the default expects a large cluster.
            "offsets.topic.replication.factor": str(copies(stack)),
            "offsets.topic.num.partitions": "1",
            "transaction.state.log.replication.factor": str(copies(stack)),
            "transaction.state.log.min.isr": str(in_sync_min(stack)),
            "transaction.state.log.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": str(copies(stack)),
            "share.coordinator.state.topic.min.isr": str(in_sync_min(stack)),
            "group.initial.rebalance.delay.ms": "0",
            # Lets Connect notice within seconds that a killed predecessor is gone; the default forbids less than 6 s.
            "group.min.session.timeout.ms": "1000",
            "num.network.threads": "2",
            "num.io.threads": "4",
            "log.cleaner.threads": "1",
            "log.cleaner.dedupe.buffer.size": "8388608",
            "log.segment.bytes": "67108864",
            "log.retention.hours": "168",
            # A broker that was killed stays registered for this long, and its successor has to wait for that.
            "broker.session.timeout.ms": "3000",
            "broker.heartbeat.interval.ms": "500",
        }
    )


def write_settings(stack: Stack, broker: str) -> str:
    """Render the configuration to the file the broker reads; its path."""
    path = stack.data(broker) / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings(stack, broker).items()))
    return str(path)


async def prepare(stack: Stack, broker: str) -> None:
    """Format the log folder the first time, under a cluster id that follows from the stack's name."""
    path = write_settings(stack, broker)
    brokers = stack.data(broker) / "brokers"
    count = str(len(stack.topology.replicas("kafka")))
    if (stack.data(broker) / "log" / "meta.properties").exists():
        if (known := brokers.read_text() if brokers.exists() else "1") != count:
            raise StackError(
                f"this stack's Kafka was made of {known} brokers and cannot become one of {count}; start it with "
                f"--scale kafka={known}, or from nothing after `veigo down --name {stack.name} --purge`"
            )
        return
    brokers.write_text(count)
    log = stack.log(broker)
    child = await ChildProcess.start(Launch(format_command(stack, path)), log)
    how = await asyncio.wait_for(child.ended(), FORMAT_WITHIN_S)
    if how != "exited with code 0":
        said = "\n".join(f"  {line}" for line in last_lines(log))
        raise StackError(f"formatting Kafka's log folder {how}; the end of {log}:\n{said}")


def format_command(stack: Stack, settings: str | Path) -> tuple[str, ...]:
    """Kafka's own tool. The id sticks to its option, because one in 64 begins with a dash."""
    return java_command(
        *("kafka.tools.StorageTool", "format", "--ignore-formatted"),
        *(f"--cluster-id={cluster_id(stack.name)}", "-c", settings),
        class_path=f"{stack.toolchain.path('jars')}/*",
        heap_mb=64,
    )


def cluster_id(name: str) -> str:
    """A valid cluster id: 16 bytes in URL-safe base64 without padding."""
    import base64

    return base64.urlsafe_b64encode(hashlib.sha256(f"veigo {name}".encode()).digest()[:16]).decode().rstrip("=")


def launch(stack: Stack, broker: str) -> Launch:
    """The broker."""
    command = java_command(
        *("kafka.Kafka", stack.data(broker) / "server.properties"),
        class_path=f"{stack.toolchain.path('jars')}/*",
        heap_mb=HEAP_MB,
        more=class_archives.options(stack, "kafka"),
    )
    return Launch(command, folder=stack.data(broker))


async def probe(stack: Stack, broker: str) -> None:
    """Ready when a record that was produced has been consumed."""
    await asyncio.to_thread(produce_and_consume, stack.address(broker), copies(stack))


def produce_and_consume(address: str, copies: int) -> None:
    """Send one record through the broker, or through those it knows, and read it back.

    Raises:
        NotReadyError: it did not come back in time.
    """
    from confluent_kafka import Consumer, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

    admin = AdminClient({"bootstrap.servers": address, "log_level": 0, "socket.timeout.ms": 1000})
    made = admin.create_topics([NewTopic(PROBE_TOPIC, 1, copies, config={"retention.ms": "60000"})], request_timeout=1)
    if (error := made[PROBE_TOPIC].exception()) is not None and "already exists" not in str(error):
        raise NotReadyError(str(error))
    positions: list[int | None] = []
    producer = Producer({"bootstrap.servers": address, "log_level": 0, "linger.ms": 0})
    producer.produce(PROBE_TOPIC, b"ready?", callback=lambda _, record: positions.append(record.offset()))
    producer.flush(PROBE_WITHIN_S)
    if not positions or positions[0] is None or positions[0] < 0:
        raise NotReadyError("a record was not accepted")
    consumer = Consumer(
        {"bootstrap.servers": address, "log_level": 0, "group.id": "veigo.probe", "enable.auto.commit": False}
    )
    try:
        consumer.assign([TopicPartition(PROBE_TOPIC, 0, positions[0])])
        deadline = time.monotonic() + PROBE_WITHIN_S
        while time.monotonic() < deadline:
            record = consumer.poll(0.2)
            if record is not None and record.error() is None:
                return
    finally:
        consumer.close()
    raise NotReadyError("a record was accepted but did not come back")


def leader(stack: Stack, topic: str, partition: int) -> str:
    """The broker that leads a partition, by name.

    Raises:
        StackError: no broker knows, or nobody leads it.
    """
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": stack.addresses_of("kafka"), "log_level": 0})
    try:
        known = admin.list_topics(topic, timeout=PROBE_WITHIN_S).topics[topic].partitions
    except KafkaException as error:
        raise StackError(f"no broker says who leads {topic}: {error.args[0].str()}") from error
    brokers = stack.topology.replicas("kafka")
    if partition not in known or not 1 <= known[partition].leader <= len(brokers):
        raise StackError(f"nobody leads partition {partition} of {topic}")
    return brokers[known[partition].leader - 1].name


def require_room_for(stack: Stack, topics: Iterable[str]) -> None:
    """Ask whether topics are there, or as many brokers as they want copies.

    Raises:
        NotReadyError: neither is so yet.
    """
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": stack.addresses_of("kafka"), "log_level": 0})
    known = admin.list_topics(timeout=PROBE_WITHIN_S)
    if not set(topics) <= known.topics.keys() and len(known.brokers) < copies(stack):
        raise NotReadyError(f"{len(known.brokers)} of {copies(stack)} brokers are there")


def members(stack: Stack, group: str) -> int:
    """How many members a group has; none when there is no such group.

    Raises:
        StackError: no broker knows.
    """
    from confluent_kafka import KafkaException
    from confluent_kafka.admin import AdminClient

    admin = AdminClient({"bootstrap.servers": stack.addresses_of("kafka"), "log_level": 0})
    try:
        with warnings.catch_warnings():
            # Its successor, `describe_consumer_groups`, refuses groups that do not consume, such as Connect's workers.
            warnings.simplefilter("ignore", DeprecationWarning)
            return sum(len(found.members) for found in admin.list_groups(group, timeout=PROBE_WITHIN_S))
    except KafkaException as error:
        raise StackError(f"no broker says who is in {group}: {error.args[0].str()}") from error


def records(stack: Stack, topic: str) -> int:
    """How many records all partitions of a topic together have had so far.

    Raises:
        StackError: no broker knows.
    """
    from confluent_kafka import Consumer, KafkaException, TopicPartition

    settings = {"group.id": "veigo.probe", "enable.auto.commit": False, "log_level": 0}
    consumer = Consumer({"bootstrap.servers": stack.addresses_of("kafka"), **settings})
    try:
        partitions = consumer.list_topics(topic, timeout=PROBE_WITHIN_S).topics[topic].partitions
        ends = (consumer.get_watermark_offsets(TopicPartition(topic, number), PROBE_WITHIN_S) for number in partitions)
        return sum(end for _, end in ends)
    except KafkaException as error:
        raise StackError(f"no broker says how long {topic} is: {error.args[0].str()}") from error
    finally:
        consumer.close()


def numbered(number: int) -> Node:
    """One of the brokers; each has two ports."""
    name = "kafka" if number == 1 else f"kafka-{number}"
    offset = OFFSET + 2 * (number - 1)
    return Node(
        name=name,
        does="Kafka 4.3: the stream of changes",
        offset=offset,
        more_offsets=(offset + CONTROLLER_BESIDE,),
        prepare=partial(prepare, broker=name),
        launch=partial(launch, broker=name),
        probe=partial(probe, broker=name),
        stop_within_s=15.0,
        replica=numbered,
    )


NODE = numbered(1)
