"""What is told of a message comes to the same, as a report of its reader and as the spans of that."""

import msgspec
import pytest

from spans.hops import FannedOut, Place, Projected
from spans.told import Told, TracePart
from veigo.telemetry.message_facts import told_of
from veigo.telemetry.rows import Facts, MessagePart
from veigo.telemetry.told import VALUE_CHARACTERS_MAX

PLACE = Place("chat.public.room_events", 3, 41, 1_012)
PROJECTED = Projected("t1", "s1", "m1", "bob", "r1", 7, 99, 1_001_500, 1_009_000, PLACE, 1_013_000_000, 1_020_000_000)
FANNED_OUT = FannedOut("t1", "m1", PLACE, 1_013_000_500, 1_014_000_900, 3, sampled=("bob", 1_014_000_000))
LONG = "r" * (VALUE_CHARACTERS_MAX + 1)


@pytest.mark.parametrize(
    "report",
    [
        PROJECTED,
        msgspec.structs.replace(PROJECTED, sender_id=None, lsn=None),
        msgspec.structs.replace(PROJECTED, captured_us=1, room_id=LONG),
        FANNED_OUT,
        msgspec.structs.replace(FANNED_OUT, ok=False, sampled=None),
        msgspec.structs.replace(FANNED_OUT, received_ns=1),
    ],
)
def test_a_report_tells_what_its_spans_do(report):
    """Whoever sends spans instead, in OTLP, is as well understood; clocks may disagree, and texts be too long."""
    assert told_of(report) == told_of(report.part("realtime"))


def test_a_report_tells_every_time():
    """In microseconds, each where it belongs."""
    facts = told_of(PROJECTED).facts | told_of(FANNED_OUT).facts
    times = {name: us for name, us in facts.items() if name.endswith("_us")}

    assert times == {
        "committed_us": 1_001_500,
        "captured_us": 1_009_000,
        "appended_us": 1_012_000,
        "received_us": 1_013_000,
        "fanned_out_us": 1_014_000,
    }


def test_a_call_tells_where_a_message_was_to_go():
    """Also of one that was refused, which has no record."""
    call = Told("veigo.chat.v1.MessageService/CreateMessage", 2, "s1", None, 1, 2)
    asked = Told("POST opa send_message", 3, "s2", "s1", 1, 2, True, {"veigo.policy": "send_message"})
    part = TracePart("t1", {"veigo.message.id": "m1", "veigo.room.id": "r1"}, [asked, call])

    assert MessagePart("m1", Facts(trace_id="t1", room_id="r1", policy="send_message")) == told_of(part)


def test_spans_of_no_message_tell_nothing():
    """As the gateway's."""
    assert told_of(TracePart("t1", {}, [Told("mutation CreateMessage", 2, "s1", None, 1, 2)])) is None
