"""Kafka Connect with Debezium: every committed change of the two databases, as Kafka records.

Two things are watched while it lives. A task that FAILED stays failed until somebody asks for a restart, so this does,
at a bounded rate and with a line in the runner's log. Passwords reach it by its environment (``${env:…}`` in
``services/debezium/*.json``), so that neither its REST interface nor its config topic shows one.
"""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from stack import class_archives, kafka, rest
from stack.tools import java_command
from veigo.stack.alarms import Alarms
from veigo.stack.node import Launch, Node
from veigo.stack.ports import HOST
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

HEAP_MB = 256
# Debezium waits in whole milliseconds and spins through what is left of its interval. A wait that may end a
# millisecond late leaves nothing to spin through (services/debezium/README.md).
TIMER_SLACK_NS = 1_000_000
GROUP = "veigo-connect"
STORAGE_TOPICS = ("connect.configs", "connect.offsets", "connect.status")
BROKERS_WITHIN_S = 60.0
LOOK_EVERY_S = 1.0
RESTART_PAUSE_S = 2.0  # after the first restart; doubles while the task goes on failing
RESTART_PAUSE_MAX_S = 10.0  # what a fault that heals then costs at most


def settings(stack: Stack) -> dict[str, str]:
    """The worker's configuration."""
    copies = str(kafka.copies(stack))
    json_converter = "org.apache.kafka.connect.json.JsonConverter"
    return {
        "bootstrap.servers": stack.reach("connect", "kafka"),
        "listeners": f"http://{stack.address('connect')}",
        "rest.advertised.host.name": HOST,
        "group.id": GROUP,
        "config.storage.topic": "connect.configs",
        "offset.storage.topic": "connect.offsets",
        "status.storage.topic": "connect.status",
        "config.storage.replication.factor": copies,
        "offset.storage.replication.factor": copies,
        "status.storage.replication.factor": copies,
        "offset.storage.partitions": "1",
        "status.storage.partitions": "1",
        "key.converter": json_converter,
        "key.converter.schemas.enable": "false",
        "value.converter": json_converter,
        "value.converter.schemas.enable": "false",
        # Scanning the class path for plugins takes longer than everything else it does at a start.
        "plugin.discovery": "service_load",
        "config.providers": "env",
        "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
        "config.providers.env.param.allowlist.pattern": "POSTGRES_.*|DEBEZIUM_.*",
        "connector.client.config.override.policy": "All",
        # After a kill everything since the last flush is sent again; consumers drop it by its position.
        "offset.flush.interval.ms": "1000",
        # One worker: a killed predecessor is given up in seconds, and nobody waits for it to come back.
        "session.timeout.ms": "3000",
        "heartbeat.interval.ms": "500",
        "scheduled.rebalance.max.delay.ms": "0",
        "rebalance.timeout.ms": "10000",
        "producer.linger.ms": "0",
        "producer.acks": "all",
        "producer.enable.idempotence": "true",
    }


async def prepare(stack: Stack) -> None:
    """Render the configuration to the file the worker reads; a worker that finds too few brokers would give up."""
    why = f"there are too few brokers for Connect; see {stack.log('kafka')}"
    if kafka.copies(stack) > 1:
        await until(partial(asyncio.to_thread, kafka.require_room_for, stack, STORAGE_TOPICS), BROKERS_WITHIN_S, why)
    path = stack.data("connect") / "worker.properties"
    path.write_text("".join(f"{name}={value}\n" for name, value in settings(stack).items()))


def launch(stack: Stack) -> Launch:
    """The worker, with the connectors' class on its class path."""
    host, port = stack.reach("connect", "postgres").split(":")
    path = stack.data("connect") / "worker.properties"
    command = java_command(
        *("org.apache.kafka.connect.cli.ConnectDistributed", path),
        class_path=f"{stack.toolchain.path('jars')}/*",
        heap_mb=HEAP_MB,
        more=class_archives.options(stack, "connect"),
    )
    environment = {
        "POSTGRES_HOST": host,
        "POSTGRES_PORT": port,
        "DEBEZIUM_PASSWORD": stack.secrets.password("debezium"),
    }
    return Launch(command, environment, folder=stack.data("connect"), timer_slack_ns=TIMER_SLACK_NS)


async def probe(stack: Stack) -> None:
    """Ready when the worker has joined its group and answers for its connectors; what they do, connectors.py probes."""
    await rest.request(stack.address("connect"), "GET", "/connectors")


def failed_tasks(status: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Connectors with a failed instance or task, each with the first line of the reason.

    ``status`` is what ``GET /connectors?expand=status`` answers.
    """
    for name, entry in status.items():
        parts = [entry["status"]["connector"], *entry["status"]["tasks"]]
        for part in parts:
            if part["state"] == "FAILED":
                yield name, part.get("trace", "no reason given").strip().splitlines()[0]
                break


class RestartPace:
    """When a connector may be restarted again: at once the first time, then ever less often while it keeps failing."""

    def __init__(self) -> None:
        self._pause_s: dict[str, float] = {}
        self._not_before_s: dict[str, float] = {}

    def due(self, name: str, now_s: float) -> bool:
        """Whether to restart the connector now; counts as a restart when it is."""
        if now_s < self._not_before_s.get(name, 0.0):
            return False
        self._pause_s[name] = min(2 * self._pause_s.get(name, RESTART_PAUSE_S / 2), RESTART_PAUSE_MAX_S)
        self._not_before_s[name] = now_s + self._pause_s[name]
        return True

    def forget(self, healthy: set[str], now_s: float) -> None:
        """Connectors that have run for as long as their pause start afresh."""
        for name in healthy & self._pause_s.keys():
            if now_s > self._not_before_s[name] + self._pause_s[name]:
                del self._pause_s[name], self._not_before_s[name]


async def watch(stack: Stack) -> None:
    """Restart failed connectors and tasks for as long as the node lives."""
    pace = RestartPace()
    address = stack.address("connect")
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            status = await rest.request(address, "GET", "/connectors?expand=status")
            failed = dict(failed_tasks(status))
            pace.forget(set(status) - failed.keys(), time.monotonic())
            # What lost its place is not restarted: with nothing stored, Debezium begins at the log's end.
            lost = Alarms(stack.folder).out_of_place()
            for name, reason in failed.items():
                if name not in lost and pace.due(name, time.monotonic()):
                    print(f"connector {name} failed ({reason}); restarting it", flush=True)  # noqa: T201 - runner's log
                    await rest.request(address, "POST", f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true")
        except Exception as error:  # noqa: BLE001 - a worker that does not answer now is asked again in a second
            print(f"connect does not answer: {error}", flush=True)  # noqa: T201 - the runner's output is its log


NODE = Node(
    name="connect",
    does="Kafka Connect with Debezium 3.7: commits become records",
    offset=700,
    prepare=prepare,
    launch=launch,
    probe=probe,
    watch=watch,
    stop_within_s=15.0,
)
