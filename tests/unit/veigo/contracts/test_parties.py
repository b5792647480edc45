"""Who is affected: the table's edges, narrowed to what the sources name."""

from pathlib import Path

import pytest

from stack.table import EDGES
from veigo.contracts.parties import Parties
from veigo.stack.edge import Edge

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def parties():
    return Parties(EDGES, ROOT)


def test_a_call_is_its_callers_and_not_everybodys_who_has_the_edge(parties):
    assert ("gateway",) == parties.callers("chat", "ListRooms")
    assert ("realtime",) == parties.callers("chat", "ReadLog")


def test_what_a_shared_module_calls_its_importers_call(parties):
    """`services/key_sets.py` asks for the keys, and three services use it."""
    assert {"chat", "realtime", "aggregator"} == set(parties.callers("authentication", "GetKeySet"))


def test_topics_are_read_along_the_change_stream(parties):
    assert ("aggregator",) == parties.readers("chat", "chat.public.profiles")
    assert {"realtime", "aggregator"} == set(parties.readers("authentication", "authentication.public.sessions"))


def test_policies_are_asked_by_who_names_them(parties):
    assert ("realtime",) == parties.askers("join_room")
    assert ("chat",) == parties.askers("send_message")


def test_frames_are_heard_by_the_gateway_and_every_client(parties):
    assert ("gateway", "every client") == parties.listeners


def test_without_an_edge_nobody_is_affected(tmp_path):
    (tmp_path / "services" / "a").mkdir(parents=True)
    (tmp_path / "services" / "a" / "calls.py").write_text("stub.Ping(request)")

    assert ("a",) == Parties([Edge("a", "b", via="grpc")], tmp_path).callers("b", "Ping")
    assert () == Parties([Edge("a", "b", via="http")], tmp_path).callers("b", "Ping")
