"""The harness from end to end: it acquits an honest chat, and each saboteur is convicted by the checker meant for it.

A checker that never convicted anybody is not known to work. These chats are real servers on a free port, and the users
who find them out are the same as in `veigo demo`.
"""

import asyncio
import os
import random
import signal
import unicodedata

import pytest

from veigo.audited_run import audited_run
from veigo.commands.demo import plan_of
from veigo.history import load
from veigo.run_folder import RunFolder
from veigo.verdict import Verdict
from veigo.witness import Witness
from veigo.workloads.conversation import Conversation
from veigo.workloads.script import Shape

SHAPE = Shape(users=7, rooms=3, seconds=0.3, rate=200)
NO_KAFKA = Witness("127.0.0.1:1", wait_s=0.05)


@pytest.fixture(autouse=True)
def short_drain(monkeypatch):
    """What never comes is not worth ten seconds here."""
    monkeypatch.setattr(Conversation, "drain_wait_s", 0.2)


@pytest.fixture
def judged(serving, tmp_path):
    """Let users talk in a chat; returns the report."""

    async def judge(chat, shape=SHAPE):
        plan = plan_of(await serving(chat), shape, 7, lambda _: None)
        report, _ = await audited_run(plan, RunFolder("test", tmp_path), NO_KAFKA)
        return report

    return judge


def convictions(report) -> set[str]:
    return {finding.promise for finding in report.findings if finding.verdict is Verdict.VIOLATED}


async def test_an_honest_chat_is_acquitted(judged, honest_chat, tmp_path):
    report = await judged(honest_chat())

    assert [(finding.promise, finding.verdict.value, finding.evidence) for finding in report.findings] == [
        (finding.promise, "holds", ()) for finding in report.findings
    ]
    assert report.verdict == Verdict.HOLDS
    assert report.load.sends == {"ok": SHAPE.lines, "failed": 0, "unknown": 0}
    assert (tmp_path / "report.html").exists()
    assert (tmp_path / "report.json").exists()
    assert load(tmp_path / "history.jsonl")


async def test_one_that_drops_some_deliveries_is_convicted_of_losing(judged, honest_chat):
    class Forgetful(honest_chat):
        def is_for(self, listener, message):
            return random.random() > 0.1

    assert convictions(await judged(Forgetful())) == {"Every acknowledged message reached every member of its room"}


async def test_one_that_delivers_twice_is_convicted_of_repeating(judged, honest_chat):
    class Stuttering(honest_chat):
        def frames_of(self, message):
            return [message] * (2 if self.sent % 10 == 0 else 1)

    assert convictions(await judged(Stuttering())) == {"No socket received a message twice"}


async def test_one_that_swaps_messages_is_convicted_of_disorder(judged, honest_chat):
    class Jumbling(honest_chat):
        held = None

        async def publish(self, message):
            """Hold every tenth message back until the next one of its room has gone out."""
            if self.held is None and self.sent % 10 == 0:
                self.held = message
                return
            await super().publish(message)
            if self.held and self.held["roomId"] == message["roomId"]:
                held, self.held = self.held, None
                await super().publish(held)

    assert "Every socket received a room's events in rising order" in convictions(await judged(Jumbling()))


async def test_one_that_tidies_text_up_is_convicted_of_altering(judged, honest_chat):
    class Tidy(honest_chat):
        async def publish(self, message):
            tidied = unicodedata.normalize("NFC", message["content"]["content"]).strip()
            await super().publish(message | {"content": message["content"] | {"content": tidied}})

    assert convictions(await judged(Tidy())) == {"Nobody received words that nobody sent"}


async def test_one_that_lets_anybody_in_is_convicted_of_opening_the_door(judged, honest_chat):
    class Open(honest_chat):
        def may(self, user, room):
            return True

    assert convictions(await judged(Open())) >= {
        "Whoever may not read, write or join was refused every time",
        "Nobody received a room they are not in",
    }


async def test_one_that_shouts_into_every_room_is_convicted_of_leaking(judged, honest_chat):
    class Shouting(honest_chat):
        async def publish(self, message):
            everybody = {entry for listeners in self.listeners.values() for entry in listeners}
            self.listeners[message["roomId"]] = list(everybody)
            await super().publish(message)

    assert "Nobody received a room they are not in" in convictions(await judged(Shouting()))


async def test_one_that_refuses_its_members_is_convicted_too(judged, honest_chat):
    class Capricious(honest_chat):
        def may(self, user, room):
            return super().may(user, room) and self.sent % 20 != 19

        async def CreateMessage(self, user, **arguments):
            try:
                return await super().CreateMessage(user, **arguments)
            finally:
                self.sent += 1

    assert "Whatever a member asked for was done" in convictions(await judged(Capricious()))


async def test_one_that_crashes_at_the_first_send_is_inconclusive_not_acquitted(judged, honest_chat):
    class Crashing(honest_chat):
        async def CreateMessage(self, user, **arguments):
            raise RuntimeError

    assert (await judged(Crashing())).verdict == Verdict.INCONCLUSIVE


async def test_a_stack_without_users_is_inconclusive(judged, honest_chat):
    class Closed(honest_chat):
        async def SignUp(self, user, **_):
            raise RuntimeError

    report = await judged(Closed())

    assert report.verdict == Verdict.INCONCLUSIVE
    assert "sign_up" in report.notes[-1]


async def test_ctrl_c_ends_in_a_report_that_proves_nothing(judged, honest_chat):
    talking = asyncio.Event()

    class Telling(honest_chat):
        async def publish(self, message):
            talking.set()
            await super().publish(message)

    run = asyncio.create_task(judged(Telling(), Shape(users=7, rooms=3, seconds=60, rate=50)))
    await talking.wait()
    os.kill(os.getpid(), signal.SIGINT)
    report = await asyncio.wait_for(run, 10)

    assert report.verdict == Verdict.INCONCLUSIVE
    assert "the run was interrupted before its end" in report.notes
