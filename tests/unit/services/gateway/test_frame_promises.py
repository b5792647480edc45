"""Clients of the socket on exactly the frames they say they rely on (contracts/client_realtime/cases.json).

The clients are the harness's own, and the gateway, which makes events of them. The live tests in contracts/ find each
case among the frames that a real client hears. What a later version may add is added here to each.
"""

import json
from pathlib import Path

import pytest

from services.gateway import room_frames
from veigo.client.socket import frame_of
from veigo.contracts.cases import differences, filled, loaded

CASES = loaded(Path(__file__).parents[4] / "contracts" / "client_realtime" / "cases.json")
LATER = {"later": {"mood": ["green", None]}}


def heard(case, *, later):
    frame = filled(case["frame"], {})
    if later:
        frame = frame | LATER | {"payload": [frame["payload"][0] | LATER]}
    return json.dumps(frame).encode()


@pytest.mark.parametrize("later", [False, True], ids=["", "and more"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_harness_takes_it_as_its_case_says(case, later):
    frame = frame_of(heard(case, later=later), "bob", 1, 0, 0)

    assert [] == list(differences(case["client"], {name: getattr(frame, name) for name in case["client"]}, {}))


@pytest.mark.parametrize("later", [False, True], ids=["", "and more"])
@pytest.mark.parametrize("case", [case for case in CASES if case["event"]], ids=lambda case: case["case"])
def test_the_gateway_makes_of_it_the_event_that_its_case_says(case, later):
    event = room_frames.event(room_frames.read(heard(case, later=later)))
    shown = {name: getattr(event, name) for name in case["event"]}
    shown["type"] = event.type.value

    assert [] == list(differences(case["event"], shown, {}))


def test_every_type_they_know_has_a_case():
    assert {*room_frames._TYPES, room_frames.ERROR, "ROOM_EVENT"} == {case["frame"]["type"] for case in CASES}
