"""What may be read in Kafka, and what may not."""

import json
import uuid

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from live.frames import join, receive


def records(stack, topics):
    """Read whole topics with another client than the services use; bounded by the end offsets at the start."""
    consumer = Consumer({"bootstrap.servers": stack.nodes["kafka"], "group.id": "test", "enable.auto.commit": False})
    try:
        known = consumer.list_topics(timeout=10).topics
        bounds = {
            (topic, partition): consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
            for topic in topics
            for partition in known[topic].partitions
        }
        consumer.assign([TopicPartition(*key, OFFSET_BEGINNING) for key in bounds])
        left, found = sum(end - first for first, end in bounds.values()), []
        while left > 0:
            record = consumer.poll(10)
            assert record is not None, f"{left} records did not come within 10 s"
            assert record.error() is None, record.error()
            if record.offset() < bounds[(record.topic(), record.partition())][1]:
                found.append(record)
                left -= 1
        return found
    finally:
        consumer.close()


async def test_a_rooms_changes_are_one_dense_log_in_one_partition(person, stack):
    """Sequence, commit and Kafka order are the same; every event carries the trace context it was made in."""
    ann, bob = await person("Ann"), await person("Bob")
    room = await ann.create_room(bob)
    traceparent = f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
    sent = await ann.ask(
        'mutation ($r: String!) { CreateMessage(roomId: $r, content: "traced") { sequence } }',
        headers={"traceparent": traceparent},
        r=room,
    )
    assert {"CreateMessage": {"sequence": 4}} == sent["data"]
    async with ann.socket() as socket:  # delivered to a newcomer's join means captured: what follows is in Kafka
        await join(socket, room)
        last = await ann.send(room, "last")
        await receive(socket, "MESSAGE")
    log = [record for record in records(stack, ["chat.public.room_events"]) if room.encode() in record.key()]
    events = [json.loads(record.value())["after"] for record in log]

    assert 1 == len({record.partition() for record in log})
    assert [1, 2, 3, 4, 5] == [event["sequence"] for event in events]
    assert ["room.created", "member.added", "member.added", "message.created", "message.created"] == [
        event["type"] for event in events
    ]
    assert last["id"] == json.loads(events[-1]["payload"])["id"]
    assert traceparent.split("-")[1] == events[3]["traceparent"].split("-")[1]  # one trace, and chat's own span in it


async def test_no_secret_reaches_kafka(person, stack):
    """Neither hash nor token, nor an e-mail address, in any topic of authentication."""
    bob = await person()
    refresh = "mutation ($t: String!) { RefreshToken(token: $t) { access refresh } }"
    await bob.ask(refresh, t=bob.refresh)
    await bob.ask(refresh, t=bob.refresh)
    texts = [record.value() or b"" for record in records(stack, ["authentication.public.sessions"])]
    rows = [json.loads(text) for text in texts if text]

    assert any(row["after"]["account_id"] == bob.id for row in rows)
    columns = {"id", "account_id", "client_id", "version", "revoked_at", "created_at", "updated_at"}
    assert columns == set().union(*(row["after"] for row in rows))
    for forbidden in (b"argon2", bob.email.encode(), bob.refresh.encode(), b"refresh"):
        assert not any(forbidden in text for text in texts)
