"""The law: a snapshot and the changes since come to what a fresh snapshot comes to, and to what the whole log does."""

import pytest
from hypothesis import given as supposing
from hypothesis import settings
from hypothesis import strategies as st

from services.aggregator.changes import Unreadable
from services.aggregator.projection import Held, project, project_snapshot
from services.aggregator.snapshot_rows import change_in_row
from tests.unit.services.aggregator.records import apply, created, message, session
from tests.unit.services.aggregator.tables import notification, row, snapshot
from tests.unit.services.aggregator.test_projection import logs


def documents(*projections):
    """What the projections leave, one after the other."""
    found = {}
    for each in projections:
        apply(found, each)
    return found


def shown(found):
    """What readers see of the documents: values without the versions that guard them, and who is there now."""
    seen = {}
    for (kind, key), document in found.items():
        match kind:
            case "rooms":
                seen[kind, key] = {
                    name: document.get(name) for name in ("type", "version", "changed", "messageCount", "lastMessage")
                } | {
                    "details": without_version(document["details"]),
                    "privacy": document["access"]["privacy"],
                    "members": document.get("members", {}).get("count", 0),
                }
                seen[kind, key]["messageCount"] = document.get("messageCount", 0)
            case "rosters":
                there = {n: s["version"] for n, s in document.items() if n != "room" and s["active"]}
                seen |= {(kind, document["room"], name): version for name, version in there.items()}
            case "mailboxes":
                seen |= {(kind, key, *part): value for part, value in mails(document)}
            case "profiles" if document["state"]["active"]:
                seen[kind, key] = without_version(document["state"])
            case "sessions" if not document["revoked"]:
                seen[kind, key] = document
    return seen


def mails(document):
    """What somebody has to do with the rooms they are in."""
    rooms = {name.split(".")[1] for name in document if name != "member"}
    for room in rooms:
        state = document.get(f"rooms.{room}.state", {"active": False})
        if state["active"]:
            yield (room, "state"), state
            for part in ("read", "sent"):
                yield (room, part), document.get(f"rooms.{room}.{part}")


def without_version(register):
    return {name: value for name, value in register.items() if name not in ("version", "sequence")}


@settings(max_examples=200, deadline=None)
@supposing(st.data())
def test_a_snapshot_and_the_changes_since_are_what_a_fresh_snapshot_is(data):
    """However many of the changes are in the snapshot already, and however often and mixed they come after it."""
    partitions = data.draw(logs())
    cuts = [data.draw(st.integers(min(1, len(log)), len(log)), label="cut") for log in partitions]
    reread = [data.draw(st.integers(0, cut), label="reread from") for cut in cuts]
    old = [each for log, cut in zip(partitions, cuts, strict=True) for each in log[:cut]]
    since = [each for log, start in zip(partitions, reread, strict=True) for each in log[start:]]
    whole = [each for log in partitions for each in log]
    mixed = data.draw(st.permutations(since))
    gone_on = documents(project_snapshot(snapshot(old)), project(mixed, Held()), project(since, Held()))
    fresh = documents(project_snapshot(snapshot(whole)))
    log = documents(project(whole, Held()))

    assert shown(fresh) == shown(gone_on)
    assert shown(log) == shown(fresh)


def test_a_snapshot_asks_nothing_of_opa():
    """Half a snapshot must never decide anything: OPA is loaded from the documents when all of it is in them."""
    projection = project_snapshot(snapshot([created("r"), message("r", 2), session("s")]))

    assert not projection.urgent
    assert {"rooms", "mailboxes", "sessions"} == {kind for kind, _ in projection.writes}


def test_notifications_of_the_snapshot_are_no_rows():
    projection = project_snapshot([notification("STARTED"), notification("COMPLETED")])

    assert 2 == projection.ignored
    assert [] == projection.dead_letters


@pytest.mark.parametrize(
    "value", [b"{", row("accounts", {"id": "a"}).value, row("rooms", {"id": "a"}).value, row("rooms", None).value]
)
def test_rows_nobody_can_read_are_told_apart(value):
    with pytest.raises(Unreadable):
        change_in_row(value)
