"""Kafka records as Debezium writes them, and the documents they come to, in memory."""

import itertools
import json
from dataclasses import dataclass

from services.aggregator.changes import PROFILES, READ_MARKS, ROOM_EVENTS, SESSIONS
from services.aggregator.projection import Projection, version_of

CREATED = {"name": "Den", "type": "group", "privacy": "private", "creatorId": "ann"}


@dataclass(frozen=True)
class KafkaRecord:
    """A record as aiokafka hands it over, as far as we read it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


_offsets = itertools.count()


def record(topic, value, partition=0, offset=None):
    """A record; `value` is bytes as they are, or anything JSON."""
    raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
    return KafkaRecord(topic, partition, next(_offsets) if offset is None else offset, b"key", raw)


def room_event(room, sequence, kind, payload, op="c"):
    row = {
        "room_id": room,
        "sequence": sequence,
        "type": kind,
        "payload": json.dumps(payload),
        "traceparent": None,
        "created_at": f"at {sequence}",
    }
    return record(ROOM_EVENTS, {"op": op, "before": None, "after": row, "source": {"lsn": 1}, "ts_us": 1})


def created(room, sequence=1, **differences):
    return room_event(room, sequence, "room.created", CREATED | differences)


def added(room, sequence, member, members=1, messages=0):
    payload = {"memberId": member, "memberCount": members, "messageCount": messages}
    return room_event(room, sequence, "member.added", payload)


def removed(room, sequence, member, members=0):
    return room_event(room, sequence, "member.removed", {"memberId": member, "memberCount": members})


def message(room, sequence, message_id="m", number=1, sender="ann"):
    payload = {"id": message_id, "senderId": sender, "content": "hi", "number": number}
    return room_event(room, sequence, "message.created", payload)


def edited(room, sequence, place, content="hi!", message_id="m", number=1, sender="ann"):
    """An edit; a content of None is a deletion."""
    payload = {"id": message_id, "senderId": sender, "number": number}
    payload |= {"messageSequence": place, "messageCreatedAt": f"at {place}"}
    if content is None:
        return room_event(room, sequence, "message.deleted", payload)
    return room_event(room, sequence, "message.edited", payload | {"content": content})


def read_mark(room, member, sequence, number):
    row = {"room_id": room, "member_id": member, "sequence": sequence, "number": number, "updated_at": "x"}
    return record(READ_MARKS, {"op": "c", "before": None, "after": row, "source": {"lsn": 1}})


def session(session_id, version=1, revoked=False, op="c"):
    row = {
        "id": session_id,
        "account_id": "ann",
        "client_id": "123abc",
        "version": version,
        "revoked_at": "2026-11-24T10:00:00Z" if revoked else None,
    }
    return record(SESSIONS, {"op": op, "before": None, "after": row, "source": {"lsn": 1}})


def session_deleted(session_id):
    return record(SESSIONS, {"op": "d", "before": {"id": session_id}, "after": None, "source": {"lsn": 1}})


def profile(profile_id, lsn, name="Ann", op="u", deleted_at=None):
    row = {"id": profile_id, "name": name, "about": "", "photo_path": None, "created_at": "x", "updated_at": "y"}
    row["deleted_at"] = deleted_at
    return record(PROFILES, {"op": op, "before": None, "after": row, "source": {"lsn": lsn}})


def profile_deleted(profile_id, lsn):
    return record(PROFILES, {"op": "d", "before": {"id": profile_id}, "after": None, "source": {"lsn": lsn}})


def apply(documents, projection: Projection):
    """Do to a dictionary what the writes ask MongoDB for: `$set` of facts, `$max` of what is versioned."""
    for where, write in projection.writes.items():
        document = documents.setdefault(where, {})
        document.update(write.facts)
        for name, value in write.newest.items():
            if name not in document or version_of(value) > version_of(document[name]):
                document[name] = value


def apply_patch(data, operations):
    """Do to `data.aggregated` what a JSON patch asks OPA for; fails where OPA would."""
    for operation in operations:
        *above, last = operation["path"].strip("/").split("/")
        place = data
        for step in above:
            place = place[step]
        if operation["op"] == "remove":
            del place[last]
        else:
            place[last] = json.loads(json.dumps(operation["value"]))
