"""How the peers are told what to do, and what is said when they are not there."""

import json
import re
import shutil

import pytest

from bench.measure import Unable, Void
from bench.peers import fan_out, idle, tools
from bench.peers.centrifugo import Centrifugo, configuration, from_kafka, from_outbox
from bench.peers.listener import Heard
from bench.peers.same_topic import HEADER, NAMED
from stack import topics
from veigo.witness import TOPIC


def test_centrifugo_reads_the_stack_s_own_topic():
    """By the header that the connector is told to write."""
    (consumer,) = configuration(8000, "secret", [from_kafka(["127.0.0.1:9092"])])["consumers"]

    assert [TOPIC] == consumer["kafka"]["topics"]
    assert {"enabled": True, "channels_header": HEADER} == consumer["kafka"]["publication_data_mode"]
    assert HEADER == NAMED["transforms.channel.headers"]


def test_every_run_reads_in_a_group_of_its_own():
    """So that none waits for what another one left."""
    groups = {from_kafka([])["kafka"]["consumer_group"] for _ in range(3)}

    assert 3 == len(groups)


def test_centrifugo_takes_the_names_of_its_consumers():
    """Two characters at least, letters, digits and a few signs."""
    names = [one["name"] for one in (from_kafka([]), from_outbox("postgresql://"))]

    assert all(re.fullmatch(r"[a-zA-Z0-9_]{2,}", name) for name in names)


def test_only_records_of_rooms_are_asked_for_their_room():
    """The keys of other tables have none, at which the transform would fail."""
    named = re.compile(NAMED["predicates.events.pattern"])

    assert [TOPIC] == [topic for topic in topics.PARTITIONS if named.fullmatch(topic)]


def test_a_client_signs_in_and_subscribes_in_one_frame():
    """Two lines of JSON, as its protocol has them."""
    door = Centrifugo(process=None, port=8000, token="t").door("room")
    connect, subscribe = map(json.loads, door.say.split("\n"))

    assert {"token": "t"} == connect["connect"]
    assert {"channel": "room"} == subscribe["subscribe"]


async def test_what_cannot_be_built_is_one_sentence(monkeypatch, tmp_path, capsys):
    """And nothing else happens."""
    monkeypatch.setenv("VEIGO_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "npm" else program)

    await tools.build("socketio")

    assert (
        "socketio could not be built: npm is not installed (on Debian: apt-get install npm)\n"
        in capsys.readouterr().err
    )
    assert ["socketio"] == tools.toolchain().missing("socketio")


async def test_a_build_that_fails_is_one_sentence_as_well(monkeypatch, tmp_path, capsys):
    """As without a network; whatever the program said is in a log."""
    monkeypatch.setenv("VEIGO_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "cc").write_text("#!/bin/sh\necho no; echo way; exit 3\n")
    (tmp_path / "cc").chmod(0o755)

    await tools.build("listener")

    log = tmp_path / "peers" / "listener.log"
    assert f"  listener could not be built: cc failed with exit code 3; see {log}\n" == capsys.readouterr().err
    assert "no\nway\n" == log.read_text()


def test_a_peer_that_is_not_built_is_unable(monkeypatch, tmp_path):
    """Its rows say so; nothing crashes."""
    monkeypatch.setenv("VEIGO_HOME", str(tmp_path))

    with pytest.raises(Unable, match="centrifugo is not built"):
        tools.built("centrifugo")


def test_the_pinned_versions_are_told():
    """Out of the files that pin them."""
    assert re.fullmatch(r"6\.\d+\.\d+", tools.version("centrifugo"))
    assert re.fullmatch(r"4\.\d+\.\d+", tools.version("socketio"))


def test_deliveries_are_counted_by_processor_time():
    """Of the server alone."""
    told = fan_out.figures(Heard(4, 4 * fan_out.MESSAGE_BYTES, {1: [0, 0], 2: [0, 0]}), spent_s=0.5)

    assert 8.0 == told["deliveries_per_cpu_s"]


def test_messages_of_another_size_are_not_compared():
    """One half as long would be sent for less."""
    with pytest.raises(Void, match="messages had 600 bytes"):
        fan_out.figures(Heard(4, 4 * 600, {1: [0, 0], 2: [0, 0]}), spent_s=0.5)


def test_a_machine_that_allows_too_few_files_is_told_so(monkeypatch):
    """Before anything is started."""
    monkeypatch.setattr(idle.resource, "getrlimit", lambda _: (1_024, 4_096))
    idle.require_files(3_000)

    with pytest.raises(Unable, match="may open 4,096 files here and would need 10,510"):
        idle.require_files(10_010)
