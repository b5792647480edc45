"""Kafka: one broker that is its own controller (KRaft), small, and quick to form its groups.

One broker keeps one copy: a record it acknowledged is in the page cache, not yet on disk. It survives a killed broker
and not a power cut; verdicts that rely on it say so.
"""

import asyncio
import hashlib
import time

from stack import class_archives
from stack.tools import java_command
from veigo.stack.node import Launch, Node
from veigo.stack.ports import HOST
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.process import ChildProcess, last_lines
from veigo.stack.stack import Stack

HEAP_MB = 256
CONTROLLER_OFFSET = 601
FORMAT_WITHIN_S = 60.0
PROBE_TOPIC = "veigo.probe"
PROBE_WITHIN_S = 3.0


def settings(stack: Stack) -> dict[str, str]:
    """The broker's configuration."""
    controller = f"{HOST}:{stack.base + CONTROLLER_OFFSET}"
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        "controller.quorum.voters": f"1@{controller}",
        "controller.listener.names": "CONTROLLER",
        "listeners": f"PLAINTEXT://{stack.address('kafka')},CONTROLLER://{controller}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(stack.data("kafka") / "log"),
        # Every topic is made on purpose, with its partitions and time stamps decided (topics.py).
        "auto.create.topics.enable": "false",
        # One broker: one copy of everything, and few partitions where the default expects a cluster.
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "1",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
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


def write_settings(stack: Stack) -> str:
    """Render the configuration to the file the broker reads; its path."""
    path = stack.data("kafka") / "server.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings(stack).items()))
    return str(path)


async def prepare(stack: Stack) -> None:
    """Format the log folder the first time, under a cluster id that follows from the stack's name."""
    path = write_settings(stack)
    if (stack.data("kafka") / "log" / "meta.properties").exists():
        return
    command = java_command(
        *("kafka.tools.StorageTool", "format", "--ignore-formatted", "-t", cluster_id(stack.name), "-c", path),
        class_path=f"{stack.toolchain.path('jars')}/*",
        heap_mb=64,
    )
    log = stack.log("kafka")
    child = await ChildProcess.start(Launch(command), log)
    how = await asyncio.wait_for(child.ended(), FORMAT_WITHIN_S)
    if how != "exited with code 0":
        said = "\n".join(f"  {line}" for line in last_lines(log))
        raise StackError(f"formatting Kafka's log folder {how}; the end of {log}:\n{said}")


def cluster_id(name: str) -> str:
    """A valid cluster id: 16 bytes in URL-safe base64 without padding."""
    import base64

    return base64.urlsafe_b64encode(hashlib.sha256(f"veigo {name}".encode()).digest()[:16]).decode().rstrip("=")


def launch(stack: Stack) -> Launch:
    """The broker."""
    command = java_command(
        *("kafka.Kafka", stack.data("kafka") / "server.properties"),
        class_path=f"{stack.toolchain.path('jars')}/*",
        heap_mb=HEAP_MB,
        more=class_archives.options(stack, "kafka"),
    )
    return Launch(command, folder=stack.data("kafka"))


async def probe(stack: Stack) -> None:
    """Ready when a record that was produced has been consumed."""
    await asyncio.to_thread(produce_and_consume, stack.address("kafka"))


def produce_and_consume(address: str) -> None:
    """Send one record through the broker and read it back.

    Raises:
        NotReadyError: it did not come back in time.
    """
    from confluent_kafka import Consumer, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

    admin = AdminClient({"bootstrap.servers": address, "log_level": 0, "socket.timeout.ms": 1000})
    made = admin.create_topics([NewTopic(PROBE_TOPIC, 1, 1, config={"retention.ms": "60000"})], request_timeout=1)
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


NODE = Node(
    name="kafka",
    does="Kafka 4.3: the stream of changes",
    offset=600,
    more_offsets=(CONTROLLER_OFFSET,),
    prepare=prepare,
    launch=launch,
    probe=probe,
    stop_within_s=15.0,
)
