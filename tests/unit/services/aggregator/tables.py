"""Chat's tables, as they come out of the events of a log, and a snapshot of them as Debezium writes it.

Written from what the tables are (services/chat/schema), not from how the aggregator reads them.
"""

import json

from tests.unit.services.aggregator.records import record

TOPIC = "veigo.snapshot.1"


def row(table, after, lsn=1):
    """One record of a snapshot."""
    return record(TOPIC, {"op": "r", "before": None, "after": after, "source": {"table": table, "lsn": lsn}})


def notification(kind):
    """What Debezium says between the rows of how the snapshot goes."""
    return record(TOPIC, {"aggregate_type": "Initial Snapshot", "type": kind, "additional_data": {}})


def snapshot(records):
    """The snapshot of the tables after these captured records, in Debezium's order of tables."""
    tables = {name: {} for name in ("room_members", "messages", "read_marks", "profiles", "rooms", "sessions")}
    for each in records:
        told = json.loads(each.value)
        table = each.topic.rsplit(".", 1)[1]
        if table == "room_events":
            _happened(tables, told["after"])
        elif told["op"] == "d":
            tables[table].pop(told["before"]["id"], None)
        else:
            after = told["after"]
            tables[table][after.get("id") or (after["room_id"], after["member_id"])] = after
    newest = {
        (m["room_id"], m["sender_id"]): m for m in sorted(tables["messages"].values(), key=lambda m: m["sequence"])
    }
    tables["messages"] = newest
    lsn = max((json.loads(each.value)["source"]["lsn"] for each in records), default=1)  # it is taken after all of them
    rows = [row(table, after, lsn) for table, content in tables.items() for after in content.values()]
    return [notification("STARTED"), *rows, notification("COMPLETED")]


def _happened(tables, event):
    """Do to the tables what chat did in the transaction that wrote this event."""
    room_id, sequence, at = event["room_id"], event["sequence"], event["created_at"]
    told = json.loads(event["payload"])
    if event["type"] == "room.created":
        nothing = {"description": None, "photo_path": None, "message_count": 0, "member_count": 0}
        tables["rooms"][room_id] = {"id": room_id, "type": told["type"], "privacy": told["privacy"], **nothing}
    room = tables["rooms"][room_id]
    room |= {"last_sequence": sequence, "changed_at": at}
    match event["type"]:
        case "room.created" | "room.updated":
            room["name"] = told.get("name", room.get("name"))
            if "privacy" in told:
                room |= {"privacy": told["privacy"], "membership_version": sequence}
        case "member.added":
            room |= {"membership_version": sequence, "member_count": told["memberCount"]}
            tables["room_members"][room_id, told["memberId"]] = {
                "room_id": room_id,
                "member_id": told["memberId"],
                "sequence": sequence,
                "created_at": at,
                "message_count": told["messageCount"],
            }
        case "member.removed":
            room |= {"membership_version": sequence, "member_count": told["memberCount"]}
            tables["room_members"].pop((room_id, told["memberId"]), None)
        case "message.created":
            room["message_count"] = told["number"]
            tables["messages"][room_id, told["id"]] = {
                "id": told["id"],
                "room_id": room_id,
                "sender_id": told["senderId"],
                "content": told["content"],
                "sequence": sequence,
                "revision": sequence,
                "number": told["number"],
                "created_at": at,
                "updated_at": at,
                "deleted_at": None,
            }
        case "message.edited" | "message.deleted":
            deleted_at = at if event["type"] == "message.deleted" else None
            change = {"content": told.get("content", ""), "deleted_at": deleted_at}
            tables["messages"][room_id, told["id"]] |= {"revision": sequence, "updated_at": at} | change
