"""The read model, emptied and made anew while people write: in the end it is what PostgreSQL implies."""

import asyncio

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from live.conftest import veigo

WITHIN_S = 180


@pytest.mark.parametrize("source", ["kafka", "snapshot"])
async def test_a_rebuild_under_way_stops_nobody_and_ends_equal(stack, newcomer, source):
    """Sends go on, permissions stay, and every room, member, mark and last message is right in the end."""
    bob, ann = await newcomer().sign_up("Bob"), await newcomer().sign_up("Ann")
    room = await bob.create_room(ann)
    said = [await bob.send(room, str(number)) for number in range(20)]
    await bob.get(
        """mutation ($r: String!, $m: String!, $d: String!, $s: Int!) {
             a: UpdateMessage(roomId: $r, messageId: $m, content: "edited") { id }
             b: DeleteMessage(roomId: $r, messageId: $d) { id }
             c: AcknowledgeMessages(roomId: $r, sequence: $s) { sequence } }""",
        r=room,
        m=said[0]["id"],
        d=said[-1]["id"],
        s=said[5]["sequence"],
    )
    await ann.get("mutation ($r: String!) { DeleteUserRoom(roomId: $r) { memberId } }", r=room)
    rebuilding = asyncio.create_task(rebuild(stack, "--from", source))
    written = 0
    while not rebuilding.done():
        other = await bob.create_room()
        await bob.send(other, "meanwhile")
        refused = await ann.ask("query ($r: String!) { ListMessages(roomId: $r) { records { id } } }", r=room)
        assert "FORBIDDEN" == refused["errors"][0]["extensions"]["code"]
        written += 1
    rebuilt = await rebuilding

    assert 0 == rebuilt.returncode, rebuilt.stdout + rebuilt.stderr
    assert "are as PostgreSQL implies" in rebuilt.stdout
    assert written > 0


async def test_what_has_expired_in_kafka_comes_from_a_snapshot(stack, person):
    """Kafka alone is refused in a sentence; by itself, a rebuild takes the tables instead."""
    bob = await person("Bob")
    room = await bob.create_room()
    sent = await bob.send(room, "before the records were gone")
    expire(stack, "chat.public.room_events")
    refused = await rebuild(stack, "--from", "kafka")
    rebuilt = await rebuild(stack)
    inbox = await bob.get("query { Inbox { records { lastMessage { id } unreadCount } } }")

    assert 1 == refused.returncode
    assert "rebuild with --from snapshot" in refused.stderr
    assert 0 == rebuilt.returncode, rebuilt.stdout + rebuilt.stderr
    assert "are as PostgreSQL implies" in rebuilt.stdout
    assert [{"lastMessage": {"id": sent["id"]}, "unreadCount": 0}] == inbox["Inbox"]["records"]


async def rebuild(stack, *options):
    return await asyncio.to_thread(veigo, "rebuild", "--name", stack.name, *options, within_s=WITHIN_S)


def expire(stack, topic):
    """Have Kafka forget every record of a topic, as its retention would."""
    admin = AdminClient({"bootstrap.servers": stack.nodes["kafka"]})
    partitions = admin.list_topics(topic, timeout=10).topics[topic].partitions
    gone = admin.delete_records([TopicPartition(topic, each, -1) for each in partitions])
    for each in gone.values():
        each.result(10)
