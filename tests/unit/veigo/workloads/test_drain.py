"""A conversation ends when every acknowledged message was seen by every member, or when the wait is over."""

import asyncio

from veigo.history import Frame, Operation
from veigo.outcome import Outcome
from veigo.workloads.drain import Drain


def send(outcome: Outcome = Outcome.OK) -> Operation:
    return Operation("send", "ann", room="hall", message_id="m1", outcome=outcome)


def frame(user: str) -> Frame:
    return Frame("MESSAGE", user, 1, 0, 0, room="hall", message_id="m1")


def drain_of_two() -> Drain:
    drain = Drain()
    drain.expect_members("hall", ["ann", "bob"])
    return drain


async def test_it_ends_with_the_last_delivery():
    drain = drain_of_two()
    drain.acknowledged(send())
    drain.received(frame("ann"))
    waiting = asyncio.create_task(drain.complete(within_s=5))
    await asyncio.sleep(0)
    assert not waiting.done()

    drain.received(frame("bob"))

    assert await waiting is True


async def test_a_frame_may_come_before_its_acknowledgement():
    drain = drain_of_two()
    for user in ("ann", "bob"):
        drain.received(frame(user))
    drain.acknowledged(send())

    assert drain.outstanding == 0
    assert await drain.complete(within_s=0.01) is True


async def test_a_delivery_that_never_comes_does_not_hold_it_up_for_ever():
    drain = drain_of_two()
    drain.acknowledged(send())

    assert await drain.complete(within_s=0.01) is False
    assert drain.outstanding == 2


async def test_only_what_was_acknowledged_is_waited_for():
    drain = drain_of_two()
    drain.acknowledged(send(Outcome.UNKNOWN))
    drain.acknowledged(send(Outcome.FAILED))

    assert await drain.complete(within_s=0.01) is True


async def test_a_stranger_s_copy_settles_nothing():
    drain = drain_of_two()
    drain.acknowledged(send())
    for user in ("eve", "ann"):
        drain.received(frame(user))

    assert drain.outstanding == 1
