"""A stack is back when nearly every message comes in time again, for a while, and nothing older is owed."""

from veigo.history import Frame, Operation
from veigo.outcome import Outcome
from veigo.steady_state import TERMS, Pulse, Pulses, bound_ms, steady_from

SECOND = 1_000_000_000
EVERY = SECOND // 50


def pulse(at_ns, took_ms=10.0):
    done = at_ns + round(took_ms * 1e6)
    return Pulse(at_ns, done, done)


def calm(from_s, until_s, took_ms=10.0):
    return [pulse(at_ns, took_ms) for at_ns in range(round(from_s * SECOND), round(until_s * SECOND), EVERY)]


def back(pulses, *, healed_s=0.0, now_s=100.0):
    found = steady_from(pulses, round(healed_s * SECOND), round(now_s * SECOND), 500.0)
    return None if found is None else found / SECOND


def test_a_stack_that_felt_nothing_is_back_at_once():
    assert 2.0 == back(calm(0, 10), healed_s=2)


def test_it_is_back_when_the_late_ones_are_over():
    pulses = calm(0, 4, took_ms=3000) + calm(4, 10)

    assert 4.0 <= back(pulses) <= 7.0  # the last late ones came at 6.98 s, and were owed until then


def test_it_is_not_back_before_the_backlog_was_delivered():
    """New messages may overtake old ones; who waits for an old one still waits."""
    pulses = calm(0, 2, took_ms=7000) + calm(2, 10)

    assert 8.9 < back(pulses) < 9.0


def test_what_was_acknowledged_and_never_came_keeps_it_from_being_back():
    pulses = [Pulse(0, acknowledged_ns=1), *calm(0.1, 10)]

    assert back(pulses) is None


def test_a_message_nobody_acknowledged_is_not_owed_but_not_in_time_either():
    refused = [Pulse(at, given_up=True) for at in range(0, 2 * SECOND, EVERY)]

    assert 1.9 < back(refused + calm(2, 10)) <= 2.0


def test_one_late_message_in_a_hundred_is_weather():
    pulses = calm(0, 10)
    pulses[120] = pulse(pulses[120].meant_ns, took_ms=2000)

    assert 0.0 == back(pulses)


def test_nothing_is_said_before_a_window_is_over():
    assert back(calm(0, 3), now_s=3.0) is None


def test_a_few_messages_prove_nothing():
    assert back(calm(0, 10)[::40]) is None


def test_in_time_is_measured_by_the_calm_before():
    assert TERMS.floor_ms == bound_ms(calm(0, 5))
    assert 3 * 400.0 == bound_ms(calm(0, 5, took_ms=400))
    assert TERMS.floor_ms == bound_ms([])


def test_a_message_is_delivered_when_the_last_who_is_always_there_has_it():
    pulses = Pulses()
    pulses.room("hall", ["ann", "bob"])
    pulses.meant("m1", "hall", 0)
    for user, at_ns in (("visitor", 10), ("ann", 20), ("bob", 30), ("bob", 40)):
        pulses.received(Frame("MESSAGE", user, 1, at_ns, 0, room="hall", message_id="m1"))
    pulses.ended(Operation("send", "ann", room="hall", message_id="m1", ended_ns=25, outcome=Outcome.OK))

    assert [Pulse(0, 25, 30)] == pulses.since(0)
    assert 30 == pulses.since(0)[0].done_ns
