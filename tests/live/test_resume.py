"""Joining with `after`: everything missed comes, once, in the very frames it would have had, or RESET says why not."""

import asyncio
import json
import uuid

import asyncpg
import pytest

from live.frames import say
from services.chat import retention
from services.chat.log_store import LogStore
from veigo.stack.stack import home_folder
from veigo.stack.vault import Secrets

WITHIN_S = 15


async def frames(socket, count):
    """Return the next frames, whole."""
    async with asyncio.timeout(WITHIN_S):
        return [json.loads(await socket.recv()) for _ in range(count)]


@pytest.fixture
async def bob(newcomer):
    return await newcomer().sign_up()


async def test_a_replay_is_what_was_sent_live_to_the_letter(bob, newcomer):
    """So a client need not know how a frame reached it."""
    ann = await newcomer().sign_up("Ann")
    room = await bob.create_room(ann)
    async with ann.socket() as live:
        await say(live, "JOIN_ROOM", name=room)
        await frames(live, 1)
        said = await bob.send(room, "one")
        await bob.send(room, "two ✓ \u0001")
        await bob.get(
            """mutation ($r: String!, $m: String!) {
                 a: UpdateMessage(roomId: $r, messageId: $m, content: "uno") { id }
                 b: DeleteMessage(roomId: $r, messageId: $m) { id }
                 c: UpdateRoom(id: $r, name: "Den", description: "quiet") { id } }""",
            r=room,
            m=said["id"],
        )
        as_sent = await frames(live, 5)
    async with ann.socket() as later:
        await say(later, "JOIN_ROOM", name=room, after=said["sequence"] - 1)
        joined, *replayed = await frames(later, 6)

    assert ("JOINED", said["sequence"] - 1) == (joined["type"], joined["payload"][0]["sequence"])
    assert as_sent == replayed


async def test_the_whole_log_from_its_beginning(bob):
    """Creation, members, messages: dense from 1."""
    room = await bob.create_room()
    for number in range(70):
        await bob.send(room, str(number))
    async with bob.socket() as socket:
        await say(socket, "JOIN_ROOM", name=room, after=0)
        _, *replayed = await frames(socket, 73)
        await bob.send(room, "live")
        [live] = await frames(socket, 1)

    assert list(range(1, 73)) == [frame["payload"][0]["sequence"] for frame in replayed]
    assert ["ROOM_CREATED", "MEMBER_ADDED", *["MESSAGE"] * 70] == [frame["type"] for frame in replayed]
    assert 73 == live["payload"][0]["sequence"]


async def test_messages_sent_while_it_is_replayed_follow_without_a_seam(bob):
    """History and presence meet once."""
    room = await bob.create_room()
    for number in range(60):
        await bob.send(room, str(number))
    async with bob.socket() as socket:
        sending = asyncio.gather(*(bob.send(room, f"live {number}") for number in range(40)))
        await say(socket, "JOIN_ROOM", name=room, after=0)
        _, *received = await frames(socket, 103)
        await sending

    assert list(range(1, 103)) == [frame["payload"][0]["sequence"] for frame in received]


async def test_after_the_end_is_refused_in_words(bob):
    """Nobody was ever sent that."""
    room = await bob.create_room()
    async with bob.socket() as socket:
        await say(socket, "JOIN_ROOM", name=room, after=1_000)
        [refusal] = await frames(socket, 1)

    assert ("ERROR", "INVALID_ARGUMENT") == (refusal["type"], refusal["payload"][0]["code"])
    assert "after" in refusal["payload"][0]["reason"]


async def test_what_retention_took_is_a_reset(bob, stack):
    """The job takes what is older than its setting; here the log is made to look old."""
    room = await bob.create_room()
    for number in range(5):
        last = (await bob.send(room, str(number)))["sequence"]
    password = Secrets(home_folder() / "stacks" / stack.name / "secrets").password("veigo")
    dsn = f"postgresql://veigo:{password}@{stack.nodes['postgres']}/chat_db"
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "UPDATE room_events SET created_at = now() - interval '8 days' WHERE room_id = $1 AND sequence <= $2",
        uuid.UUID(room),
        last - 2,
    )
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=1)
    forgotten = await retention.sweep(LogStore(pool), kept_s=7 * 24 * 3600)
    await pool.close()
    await connection.close()
    async with bob.socket() as socket:
        await say(socket, "JOIN_ROOM", name=room, after=1)
        reset, joined = await frames(socket, 2)
        await bob.send(room, "live")
        [live] = await frames(socket, 1)
    async with bob.socket() as socket:
        await say(socket, "JOIN_ROOM", name=room, after=last - 2)
        kept = await frames(socket, 4)

    assert last - 2 == forgotten
    assert ("RESET", last, last - 2) == (
        reset["type"],
        reset["payload"][0]["sequence"],
        reset["payload"][0]["horizon"],
    )
    assert ("JOINED", last) == (joined["type"], joined["payload"][0]["sequence"])
    assert ("MESSAGE", last + 1) == (live["type"], live["payload"][0]["sequence"])
    assert ["JOINED", "MESSAGE", "MESSAGE", "MESSAGE"] == [frame["type"] for frame in kept]
