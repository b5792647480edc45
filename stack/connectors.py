"""The two connectors: handed to Connect, then proven by a heartbeat that goes all the way from PostgreSQL to Kafka.

RUNNING is what Connect believes; a row that was written to PostgreSQL and comes out of Kafka is what counts.
"""

import asyncio
import json
import time
import uuid
from pathlib import Path

from stack import postgres, rest
from veigo.stack.alarms import Alarms
from veigo.stack.node import Job
from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

CONFIGURATIONS = Path(__file__).resolve().parents[1] / "services" / "debezium"
DATABASES = {"authentication": "auth_db", "chat": "chat_db"}
RUNNING_WITHIN_S = 60.0
HEARTBEAT_WITHIN_S = 20.0
BEHIND_WITHIN_S = 60.0  # after a fault: what waits in the log comes first, ten thousand rows of a copy say


def configuration(name: str) -> dict[str, str]:
    """What ``services/debezium/<name>.json`` says; machine-specific values stay placeholders that Connect fills in."""
    loaded: dict[str, str] = json.loads((CONFIGURATIONS / f"{name}.json").read_text())
    return loaded


async def run(stack: Stack) -> None:
    """Hand over both connectors and wait until a heartbeat came through each."""
    async with asyncio.TaskGroup() as group:
        for name in DATABASES:
            group.create_task(_run_one(stack, name))


async def _run_one(stack: Stack, name: str) -> None:
    address = stack.address("connect")
    config = configuration(name)
    why = f"connector {name} does not run; see {stack.log('connect')}"
    # While the worker's group settles it answers 409 for an instant, so handing over is asked again too.
    await until(lambda: _hand_over(address, name, config), RUNNING_WITHIN_S, why)
    await until(lambda: _require_running_or_alarm(stack, name), RUNNING_WITHIN_S, why)
    if is_out_of_place(stack, name):
        print(f"connector {name} has lost its place; `veigo status` says what is missing", flush=True)  # noqa: T201
        return
    await follow_heartbeat(stack, name)


def is_out_of_place(stack: Stack, name: str) -> bool:
    """Whether an alarm stands that only a repair ends: then the stack comes up without this connector, degraded."""
    return name in Alarms(stack.folder).out_of_place()


async def _require_running_or_alarm(stack: Stack, name: str) -> None:
    if not is_out_of_place(stack, name):
        await require_running(stack.address("connect"), name)


async def capture(stack: Stack, name: str) -> None:
    """Have a connector be there and run, whatever was done to it, and prove it by a heartbeat.

    Raises:
        StackError: it does not, or nothing comes through.
    """
    address = stack.address("connect")

    async def go_on() -> None:
        await _hand_over(address, name, configuration(name))
        await rest.request(address, "PUT", f"/connectors/{name}/resume")
        await rest.request(address, "POST", f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true")

    why = f"connector {name} cannot be made to go on; see {stack.log('connect')}"
    await until(go_on, RUNNING_WITHIN_S, why)
    await until(lambda: require_running(address, name), RUNNING_WITHIN_S, why)
    await follow_heartbeat(stack, name, BEHIND_WITHIN_S)


async def _hand_over(address: str, name: str, config: dict[str, str]) -> None:
    """Configure the connector, unless it has this very configuration: handing it over again restarts its task."""
    known = await rest.request(address, "GET", "/connectors?expand=info")
    if name in known and known[name]["info"]["config"] == config | {"name": name}:
        return
    await rest.request(address, "PUT", f"/connectors/{name}/config", config, within_s=30.0)


async def require_running(address: str, name: str) -> None:
    """Ask Connect whether the connector and its task run; raise NotReadyError when they do not."""
    status = await rest.request(address, "GET", f"/connectors/{name}/status")
    states = [status["connector"]["state"], *(task["state"] for task in status["tasks"])]
    if len(states) < 2 or set(states) != {"RUNNING"}:
        raise NotReadyError(f"it is {', '.join(states)}")


async def follow_heartbeat(stack: Stack, name: str, within_s: float = HEARTBEAT_WITHIN_S) -> None:
    """Write a row to the database and wait until its topic brings it.

    Raises:
        StackError: it did not come through in time.
    """
    from confluent_kafka import Consumer, TopicPartition

    topic = f"{name}.public.heartbeats"
    consumer = Consumer(
        {
            "bootstrap.servers": stack.addresses_of("kafka"),
            "log_level": 0,
            "group.id": "veigo.probe",
            "enable.auto.commit": False,
        }
    )
    try:
        partition = TopicPartition(topic, 0)
        _, end = await asyncio.to_thread(consumer.get_watermark_offsets, partition, HEARTBEAT_WITHIN_S)
        consumer.assign([TopicPartition(topic, 0, end)])
        nonce = uuid.uuid4().hex
        await _write_heartbeat(stack, DATABASES[name], nonce)
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            record = await asyncio.to_thread(consumer.poll, 0.2)
            value = record.value() if record is not None and record.error() is None else None
            if value and json.loads(value).get("after", {}).get("nonce") == nonce:
                return
    finally:
        consumer.close()
    raise StackError(f"a row written to {DATABASES[name]} did not reach topic {topic} within {within_s:g} s")


async def _write_heartbeat(stack: Stack, database: str, nonce: str) -> None:
    connection = await postgres.connect(stack, database)
    try:
        await connection.execute(
            "INSERT INTO heartbeats (id, beat_at, nonce) VALUES (2, now(), $1) "
            "ON CONFLICT (id) DO UPDATE SET beat_at = now(), nonce = $1",
            nonce,
        )
    finally:
        await connection.close()


JOB = Job(
    name="connectors",
    does="Debezium's connectors, proven by a heartbeat",
    run=run,
    after=("connect", "migrations", "topics"),
    within_s=150.0,
)
