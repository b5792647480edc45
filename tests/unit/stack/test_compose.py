"""compose.yaml says in Compose's words what stack/table.py says: the same nodes, ports, edges, settings and order."""

import re
from pathlib import Path

import pytest
import yaml

from stack import collector, connect, kafka, postgres, services
from stack.container_secrets import files_of
from stack.job import stack_of
from stack.table import EDGES, NODES, TOPOLOGY
from veigo.stack.edge import Via

FILE = Path(__file__).resolve().parents[3] / "compose.yaml"
COMPOSE = yaml.safe_load(FILE.read_text())
SERVICES = COMPOSE["services"]

OURS = {"gateway", "authentication", "chat", "realtime", "aggregator", "collector"}
JOBS = {"migrations", "topics", "connectors"}
# Where there is a runner it watches, and passwords are made by whoever reads them first; the harness flies the canary.
ONLY_CONTAINERS = {"secrets", "watch"}
ONLY_PROCESSES = {"canary", "class_archives"}
LOAD = {"load", "load-worker"}  # not of the stack: people who use it, when the profile is asked for
IMAGES = {"veigo", "veigo-collector", "veigo-load"}
PUBLISHED = {"gateway", "collector"}


@pytest.fixture
def stack(tmp_path):
    """The stack as the containers find each other."""
    told = COMPOSE["x-addresses"] | {"VEIGO_HOME": str(tmp_path), "SECRETS_DIR": str(tmp_path)}
    return stack_of(told)


def environment(name):
    return dict(SERVICES[name].get("environment") or {})


def test_it_has_the_tables_nodes_and_jobs():
    """A node or job that is added to the table is missing here, and the other way round."""
    jobs = {job.name for job in TOPOLOGY.jobs} - ONLY_PROCESSES

    assert JOBS == jobs
    assert {node.name for node in NODES} | jobs | ONLY_CONTAINERS == set(SERVICES) - LOAD


def test_each_node_is_where_its_users_look_for_it(stack):
    """Ours listen on the table's ports; the others on their own well-known ones."""
    for node in NODES:
        host, port = stack.address(node.name).split(":")
        assert node.name == host
        if node.name in OURS:
            assert (f"{4000 + node.offset}", f"{4000 + node.offset}") == (port, environment(node.name)["LISTEN_PORT"])


def test_only_the_gateway_and_the_journey_page_are_published():
    """And the page on this machine's own address only."""
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert PUBLISHED == set(published)
    assert ["${VEIGO_PORT:-4000}:4000"] == published["gateway"]
    assert all(port.startswith("127.0.0.1:") for port in published["collector"])


@pytest.mark.parametrize("name", sorted(OURS - {"collector"}))
def test_a_service_is_told_what_the_table_tells_it(name, stack):
    """Addresses and all; passwords come as files instead, and GraphiQL's files are in the image."""
    told = getattr(services, f"{name}_environment")(stack)
    expected = {key: value for key, value in told.items() if key not in secret_keys() | {"PLAYGROUND_ASSETS_DIR"}}
    expected |= collector.SENDING | {
        "LISTEN_HOST": "0.0.0.0",
        "OTEL_SERVICE_NAME": name,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{stack.reach(name, 'collector')}",
    }
    actual = environment(name)
    for key in ("LISTEN_PORT", "GRPC_PORT", "SECRETS_DIR", "SIGNING_KEY_FILE", "OTEL_RESOURCE_ATTRIBUTES"):
        actual.pop(key, None)
    # What a killed service leaves unsent outlives its container.
    outbox = actual.pop("SPAN_OUTBOX_DIR")

    assert expected == actual
    assert f"outbox:{outbox}" in SERVICES[name]["volumes"]


def secret_keys():
    return {"DATABASE_URL", "SIGNING_KEY_FILE"}


def test_whoever_dials_knows_where_and_nobody_else_does(stack):
    """Each edge of the table is an address in its source's environment or secrets; no other address is."""
    secrets = files_of(stack)
    edges = {(edge.source, edge.target) for edge in EDGES if edge.dialled}
    found = set()
    for source in {node.name for node in NODES}:
        told = [str(value) for key, value in environment(source).items() if "ADVERTISED" not in key]
        told += [content for path, content in secrets.items() if path.startswith(f"{source}/")]
        hosts = {word.partition(":")[0] for text in told for word in re.split(r"[\s,=/@]+", text)}
        found |= {(source, target) for target in hosts & {node.name for node in NODES} - {source}}

    assert edges == found


@pytest.mark.parametrize("step", [*NODES, *(job for job in TOPOLOGY.jobs if job.name in JOBS)], ids=lambda s: s.name)
def test_nothing_starts_before_what_it_needs(step):
    """What the table puts before a step is well, or done, before its container starts."""
    waits = SERVICES[step.name].get("depends_on", {})
    for name in step.after:
        done = "service_completed_successfully" if name in JOBS else "service_healthy"
        assert {"condition": done} == waits.get(name), f"{step.name} must wait for {name}"


def test_postgres_runs_with_the_same_settings():
    """But for where it listens, which its image decides."""
    options = SERVICES["postgres"]["command"][1::2]
    settings = dict(option.split("=", 1) for option in options)
    elsewhere = {"listen_addresses", "unix_socket_directories"}
    expected = {name: value.strip() for name, value in postgres.SETTINGS.items() if name not in elsewhere}

    assert expected == settings
    assert postgres.SUPERUSER == environment("postgres")["POSTGRES_USER"]


def properties(name, prefix):
    """Environment variables as the properties that the image makes of them."""
    return {
        key.removeprefix(prefix).lower().replace("_", "."): value
        for key, value in environment(name).items()
        if key.startswith(prefix) and key != "KAFKA_HEAP_OPTS"
    }


def test_kafka_runs_with_the_same_settings(stack):
    """But for its listeners, one of which is a door for a harness outside, and where its image keeps data."""
    elsewhere = {"listeners", "listener.security.protocol.map", "log.dirs", "controller.quorum.voters"}
    elsewhere |= {"advertised.listeners", "inter.broker.listener.name"}
    expected = {name: value for name, value in kafka.settings(stack).items() if name not in elsewhere}
    actual = {name: value for name, value in properties("kafka", "KAFKA_").items() if name not in elsewhere}

    assert expected == actual


def test_connect_runs_with_the_same_settings(stack):
    """Some by the image's own variables, some as they are, some being the image's defaults."""
    told = environment("connect")
    actual = properties("connect", "CONNECT_") | {
        "bootstrap.servers": told["BOOTSTRAP_SERVERS"],
        "group.id": told["GROUP_ID"],
        "config.storage.topic": told["CONFIG_STORAGE_TOPIC"],
        "offset.storage.topic": told["OFFSET_STORAGE_TOPIC"],
        "status.storage.topic": told["STATUS_STORAGE_TOPIC"],
    }
    by_default = {"listeners", "rest.advertised.host.name", "key.converter", "value.converter", "plugin.discovery"}
    expected = {name: value for name, value in connect.settings(stack).items() if name not in by_default}

    assert expected == actual


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_bounded_and_holds_no_more_than_it_needs(name):
    """Resources, health, and for our own image: no root, nothing written outside of volumes, no new privileges."""
    service = SERVICES[name]
    image = service["image"]

    assert image in IMAGES or re.fullmatch(r"[\w./-]+:\d[\w.-]*", image), f"{image} is not pinned to a tag"
    if name not in JOBS | {"secrets"}:
        assert {"cpus", "memory"} == set(service["deploy"]["resources"]["limits"])
        assert "healthcheck" in service or name in LOAD
    if image in IMAGES:
        assert (True, ["ALL"]) == (service["read_only"], service["cap_drop"])


def test_people_come_only_when_they_are_asked_for():
    """By the one door that people have, in as many processes as their director waits for."""
    load, worker = (SERVICES[name] for name in ("load", "load-worker"))

    assert [["load"], ["load"]] == [load["profiles"], worker["profiles"]]
    assert "--host=http://gateway:4000" in load["command"]
    assert f"--expect-workers={worker['deploy']['replicas']}" in load["command"]
    assert "--master-host=load" in worker["command"]
    scene = re.search(r"VEIGO_SCENE:-(\w+)", str(load["command"]))[1]
    assert (FILE.parent / "loadtests" / f"{scene}.py").exists()


def test_no_password_stands_in_an_environment(stack):
    """What `docker inspect` shows is nobody's secret."""
    everything = FILE.read_text()

    assert not re.search(r"(?i)(PASSWORD|SECRET|KEY)\w*: *[\"']?[\w-]{12,}", everything)
    for owner in {path.partition("/")[0] for path in files_of(stack)}:
        assert any(volume.startswith(f"secrets-{owner}:") for volume in SERVICES[owner]["volumes"])


def test_dashboards_are_pinned_bounded_and_this_machines_own():
    """What they mount is there; the collector hands its spans on to the one container that asks for them."""
    overlay = yaml.safe_load((FILE.parent / "compose.observability.yaml").read_text())["services"]
    added = {name: service for name, service in overlay.items() if name not in SERVICES}

    for name, service in added.items():
        assert re.fullmatch(r"[\w./-]+:v?\d[\w.-]*", service["image"]), f"{name} is not pinned to a tag"
        assert {"cpus", "memory"} == set(service["deploy"]["resources"]["limits"])
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        mounted = [volume.partition(":")[0] for volume in service.get("volumes", []) if volume.startswith("./")]
        assert all((FILE.parent / path).exists() for path in mounted)
    assert "http://otel-collector:4318" == overlay["collector"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]


def test_edges_that_nobody_dials_are_those_of_change_capture():
    """They need no address: PostgreSQL's log, Debezium and Kafka are their way."""
    assert {Via.CDC} == {Via(edge.via) for edge in EDGES if not edge.dialled}
