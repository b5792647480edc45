"""What change capture cannot mend itself raises an alarm that names the gap; a repair closes it while people chat."""

import asyncio
import contextlib
import json
import sys
import time

import pytest

from live.conftest import veigo
from live.frames import join
from live.test_change_capture import records
from stack import postgres, rest
from stack.process_site import ProcessSite
from stack.table import TOPOLOGY
from stack.tools import toolchain
from veigo.faults.slot_lost import SlotLost
from veigo.stack.alarms import AlarmKind, Alarms
from veigo.stack.readiness import until
from veigo.stack.stack import Stack

ALARM_WITHIN_S = 10.0
REPAIRED_WITHIN_S = 90.0
CAUGHT_UP_WITHIN_S = 20.0
EVENTS = "chat.public.room_events"
REMOVE = "mutation ($r: String!, $m: String!) { RemoveMemberFromRoom(roomId: $r, memberId: $m) { memberId } }"


class Trickle:
    """Somebody who goes on writing; every message that was acknowledged is noted."""

    def __init__(self, person, room):
        self.person, self.room = person, room
        self.acknowledged = []
        self._wrote = asyncio.Event()

    async def __aenter__(self):
        self._task = asyncio.create_task(self._write())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _write(self):
        while True:
            sent = await self.person.send(self.room, f"message {len(self.acknowledged)}")
            self.acknowledged.append(sent["sequence"])
            self._wrote.set()
            await asyncio.sleep(0.05)

    async def further(self, count=3):
        """Wait until so many more are acknowledged, and return the sequence of the last."""
        wanted = len(self.acknowledged) + count
        async with asyncio.timeout(CAUGHT_UP_WITHIN_S):
            while len(self.acknowledged) < wanted:
                self._wrote.clear()
                await self._wrote.wait()
        return self.acknowledged[-1]


async def listened(socket, up_to):
    """Return the sequences a socket is told, as they come, up to one; a join before them is passed over."""
    heard = []
    async with asyncio.timeout(REPAIRED_WITHIN_S):
        while not heard or heard[-1] < up_to:
            [payload] = json.loads(await socket.recv())["payload"]
            heard.append(payload["sequence"])
    return heard


@pytest.fixture
def site(stack):
    """The stack as the harness knows it; whatever was done to it before, no alarm stands."""
    site = Stack.existing(TOPOLOGY, toolchain(), stack.name)
    assert [] == Alarms(site.folder).standing()
    return site


async def sql(site, query, database="chat_db"):
    connection = await postgres.connect(site, database)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def connect(site, method, path):
    await rest.request(site.address("connect"), method, f"/connectors/{path}", within_s=20)


async def drop_slot(site, name="chat"):
    """What an administrator does who takes the slot for a forgotten one."""

    async def drop():
        of = f"FROM pg_replication_slots WHERE slot_name = 'veigo_{name}'"
        await sql(site, f"SELECT pg_terminate_backend(active_pid) {of} AND active")
        await sql(site, f"SELECT pg_drop_replication_slot(slot_name) {of}")

    await until(drop, 10, "the slot cannot be dropped")


async def let_slot_pass_its_cap(site):
    """Nobody read it until PostgreSQL gave it up."""
    await SlotLost().inject(ProcessSite(site))


async def lose_slot_and_offsets(site):
    """Then Debezium makes a new slot, and goes on at the log's end without a word."""
    await connect(site, "PUT", "chat/stop")
    await until(lambda: connect(site, "DELETE", "chat/offsets"), 10, "offsets cannot be deleted")
    await drop_slot(site)
    written = len(await sql(site, "SELECT FROM room_events"))

    async def somebody_writes():
        assert len(await sql(site, "SELECT FROM room_events")) > written

    await until(somebody_writes, CAUGHT_UP_WITHIN_S, "nobody writes")
    await connect(site, "PUT", "chat/resume")


async def lose_offsets(site):
    """The slot still knows: nothing is missing, and nobody may take that for granted; whoever watches says so."""
    since_us = time.time_ns() // 1_000
    await connect(site, "PUT", "chat/stop")
    await until(lambda: connect(site, "DELETE", "chat/offsets"), 10, "offsets cannot be deleted")
    raised = Alarms(site.folder).raised(AlarmKind.OFFSETS_LOST, about="chat", since_us=since_us)
    await until(raised, ALARM_WITHIN_S, "no alarm")
    await connect(site, "PUT", "chat/resume")


@pytest.mark.parametrize(
    ("breaks", "kinds"),
    [
        (drop_slot, {AlarmKind.SLOT_DROPPED}),
        (let_slot_pass_its_cap, {AlarmKind.SLOT_LOST}),
        (lose_slot_and_offsets, {AlarmKind.SLOT_DROPPED, AlarmKind.SLOT_RECREATED, AlarmKind.EVENTS_MISSING}),
    ],
)
async def test_a_gap_is_named_within_seconds_and_closed_while_people_chat(stack, site, person, breaks, kinds):
    """Sockets hear every message in order, the topic has every sequence, the read model is what PostgreSQL implies."""
    ann, bob, carl = await person("Ann"), await person("Bob"), await person("Carl")
    # In another room, since one whose members changed is closed until the policies know.
    room, left = await ann.create_room(bob), await ann.create_room(carl)
    alarms, since_us = Alarms(site.folder), time.time_ns() // 1_000
    # Without a bound of its own, since it is read in the end: a client that stops reading answers no ping.
    async with bob.socket(max_queue=None) as listening, Trickle(ann, room) as trickle:
        joined = (await join(listening, room))["sequence"]
        before = await trickle.further()
        await breaks(site)
        alarm = await alarm_naming(alarms, kinds, room, since_us)
        await ann.get(REMOVE, r=left, m=carl.id)
        degraded, up = veigo("status", "--name", stack.name, "--json"), veigo("up", "--name", stack.name)
        repaired = await asyncio.to_thread(veigo, "repair", "--name", stack.name, within_s=REPAIRED_WITHIN_S)
        last = await trickle.further()
        heard = await listened(listening, last)
    missing = [number for first, end in alarm.gap.rooms[room] for number in range(first, end + 1)]
    looked = veigo("repair", "--name", stack.name, "--dry-run")

    assert missing
    assert min(missing) >= joined
    assert max(missing) > before
    # The sentence names a few rooms, and what tests before this one took out of Kafka may be among what is missing.
    assert f"{alarm.gap.events:,} events of {len(alarm.gap.rooms):,} rooms" in alarm.sentence
    assert "degraded" == json.loads(degraded.stdout)["state"]
    assert alarm.kind in {each["kind"] for each in json.loads(degraded.stdout)["alarms"]}
    assert 4 == up.returncode, up.stdout + up.stderr
    assert f"{alarm.kind}: " in up.stderr
    assert f"`veigo repair --name {stack.name}`" in up.stderr
    assert 0 == repaired.returncode, repaired.stdout + repaired.stderr
    assert "are as PostgreSQL implies" in repaired.stdout
    assert list(range(joined + 1, heard[-1] + 1)) == heard
    assert set(range(1, last + 1)) <= set(captured(stack, room))
    assert 0 == looked.returncode, looked.stdout
    assert [] == alarms.standing()
    assert "FORBIDDEN" == await refusal(carl, left)


async def test_offsets_that_are_lost_raise_an_alarm_though_the_slot_brings_everything(stack, site, person):
    ann = await person("Ann")
    room = await ann.create_room()
    await lose_offsets(site)
    last = (await ann.send(room, "after"))["sequence"]
    repaired = await asyncio.to_thread(veigo, "repair", "--name", stack.name, within_s=REPAIRED_WITHIN_S)

    assert 0 == repaired.returncode, repaired.stdout + repaired.stderr
    assert "0 events of 0 rooms" in repaired.stdout
    assert list(range(1, last + 1)) == captured(stack, room)
    assert [] == Alarms(site.folder).standing()


async def test_a_revocation_that_was_lost_closes_its_socket_once_repaired(stack, site, person):
    """The repair is killed on its way once; the next one finds what is left to do."""
    ann = await person("Ann")
    alarms, since_us = Alarms(site.folder), time.time_ns() // 1_000
    async with ann.socket() as socket:
        await drop_slot(site, "authentication")
        raised = alarms.raised(AlarmKind.SLOT_DROPPED, about="authentication", since_us=since_us)
        await until(raised, ALARM_WITHIN_S, "no alarm")
        await ann.get("mutation { SignOut { success } }")
        await killed_when_it_says(stack, "has a new slot")
        repaired = await asyncio.to_thread(veigo, "repair", "--name", stack.name, within_s=REPAIRED_WITHIN_S)
        async with asyncio.timeout(CAUGHT_UP_WITHIN_S):
            await socket.wait_closed()

    assert 0 == repaired.returncode, repaired.stdout + repaired.stderr
    assert 4401 == socket.close_code
    assert [] == alarms.standing()


async def alarm_naming(alarms, kinds, room, since_us):
    """Wait for an alarm of one of these kinds that names the room."""

    async def named():
        found = [each for each in alarms.told() if each.kind in kinds and each.at_us >= since_us]
        assert any(room in each.gap.rooms for each in found), found

    await until(named, ALARM_WITHIN_S, f"no alarm names room {room}")
    return next(each for each in reversed(alarms.told()) if each.kind in kinds and room in each.gap.rooms)


async def killed_when_it_says(stack, words):
    """Start a repair and kill it when it says these words."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "veigo", "repair", "--name", stack.name), stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(REPAIRED_WITHIN_S):
        while words not in (line := (await process.stdout.readline()).decode()):
            assert line, "it ended before it said so"
    process.kill()
    await process.wait()


async def refusal(person, room):
    """The code a person is refused a room's messages with."""
    answer = await person.ask("query ($r: String!) { ListMessages(roomId: $r) { records { id } } }", r=room)
    return answer["errors"][0]["extensions"]["code"]


def captured(stack, room):
    """The sequences of a room that are in the topic, each once, in ascending order."""
    events = [json.loads(record.value())["after"] for record in records(stack, [EVENTS])]
    return sorted({event["sequence"] for event in events if event["room_id"] == room})
