"""Kafka records as Debezium writes them, and the documents they come to, in memory."""

import itertools
import json
from dataclasses import dataclass

from services.aggregator.changes import PROFILES, ROOM_EVENTS, SESSIONS
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


def added(room, sequence, member):
    return room_event(room, sequence, "member.added", {"memberId": member})


def removed(room, sequence, member):
    return room_event(room, sequence, "member.removed", {"memberId": member})


def message(room, sequence, message_id="m"):
    payload = {"id": message_id, "senderId": "ann", "content": "nobody here reads this"}
    return room_event(room, sequence, "message.created", payload)


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


def profile(profile_id, lsn, name="Ann", op="u"):
    row = {"id": profile_id, "name": name, "about": "", "photo_path": None, "created_at": "x", "updated_at": "y"}
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
