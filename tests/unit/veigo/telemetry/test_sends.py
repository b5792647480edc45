"""Sends are counted by what came of them."""

from spans.told import Told, TracePart
from veigo.telemetry.sends import SEND, Sends


def send(name=SEND, *, ok=False, **attributes):
    told = {name.replace("__", "."): value for name, value in attributes.items()}
    within = Told("veigo.chat.v1.MessageService/CreateMessage", 3, "s2", "s1", 0, 1)
    return TracePart("t1", {}, [within, Told(name, 2, "s1", None, 0, 1, ok, told)])


def test_a_send_that_was_refused_did_not_fail():
    """What the sender can correct is no fault of the stack; what has no code is."""
    sends = Sends()
    told = [send(ok=True), send(error__type="FORBIDDEN"), send(error__type="UNAVAILABLE"), send()]
    sends.take([*told, send("query Rooms", ok=True)])

    assert {"ok": 1, "refused": 1, "failed": 2} == {one.labels["outcome"]: one.value for _, _, one in sends.told(5)}
