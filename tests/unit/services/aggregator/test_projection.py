"""What batches of changes come to, and the law: repeated, replayed and cut anyhow, they come to the same."""

import json

from hypothesis import given as supposing
from hypothesis import settings
from hypothesis import strategies as st

from services.aggregator.changes import ROOM_EVENTS, VERSION_MAX
from services.aggregator.projection import Held, given, patch, project
from tests.unit.services.aggregator.records import (
    added,
    apply,
    apply_patch,
    created,
    edited,
    message,
    profile,
    profile_deleted,
    read_mark,
    record,
    removed,
    room_event,
    session,
    session_deleted,
)


class ReadModel:
    """Documents and policy data, as MongoDB and OPA would hold them, fed batch by batch."""

    def __init__(self):
        self.documents = {}
        self.policy_data = {"rooms": {}, "sessions": {}}
        self.held = Held()

    def take(self, *records):
        projection = project(records, self.held)
        apply(self.documents, projection)
        apply_patch(self.policy_data, patch(projection, self.held))
        given(projection, self.held)
        return projection


def test_a_room_its_members_and_its_last_message_become_documents():
    model = ReadModel()
    model.take(created("r"), added("r", 2, "ann"), added("r", 3, "bob", 2), message("r", 4, "m4"))
    model.take(removed("r", 5, "bob", 1), read_mark("r", "ann", 4, 1))

    assert model.documents == {
        ("rooms", "r"): {
            "type": "group",
            "changed": {"sequence": 5, "at": "at 5"},
            "version": 5,
            "access": {"sequence": 1, "privacy": "private"},
            "details": {"sequence": 1, "name": "Den", "description": None, "photoPath": None},
            "members": {"sequence": 5, "count": 1},
            "messageCount": 1,
            "lastMessage": {
                "sequence": 4,
                "revision": 4,
                "id": "m4",
                "senderId": "ann",
                "createdAt": "at 4",
                "content": "hi",
            },
        },
        ("rosters", "r:a"): {"room": "r", "members.ann": {"version": 2, "active": True}},
        ("rosters", "r:b"): {"room": "r", "members.bob": {"version": 5, "active": False}},
        ("mailboxes", "ann:r"): {
            "member": "ann",
            "rooms.r.state": {"version": 2, "active": True, "messageCount": 0},
            "rooms.r.sent": 1,
            "rooms.r.read": {"sequence": 4, "number": 1},
        },
        ("mailboxes", "bob:r"): {
            "member": "bob",
            "rooms.r.state": {"version": 5, "active": False, "messageCount": 0},
        },
    }


def test_an_edit_changes_the_last_message_and_an_older_messages_edit_does_not():
    model = ReadModel()
    model.take(created("r"), message("r", 2, "m2"), message("r", 3, "m3", 2))
    model.take(edited("r", 4, 2, "older", "m2"))
    assert model.documents["rooms", "r"]["lastMessage"]["content"] == "hi"

    model.take(edited("r", 5, 3, "newest", "m3", 2))
    assert model.documents["rooms", "r"]["lastMessage"]["content"] == "newest"

    model.take(edited("r", 6, 3, None, "m3", 2))
    last = model.documents["rooms", "r"]["lastMessage"]
    assert (last["sequence"], last["revision"], last["content"]) == (3, 6, None)


def test_messages_move_a_rooms_sequence_and_not_its_version():
    model = ReadModel()
    model.take(created("r"), added("r", 2, "ann"), message("r", 3), edited("r", 4, 3))
    room = model.documents["rooms", "r"]

    assert (room["changed"]["sequence"], room["version"]) == (4, 2)


def test_renaming_a_room_leaves_its_version_and_opening_it_does_not():
    model = ReadModel()
    model.take(created("r"), room_event("r", 2, "room.updated", {"name": "Hall"}))
    room = model.documents["rooms", "r"]
    assert (room["details"]["name"], room["access"]["privacy"], room["version"]) == ("Hall", "private", 1)
    assert model.policy_data["rooms"]["r"] == {"version": 1, "privacy": "private", "members": {}}

    model.take(room_event("r", 3, "room.updated", {"privacy": "public"}))
    room = model.documents["rooms", "r"]
    assert (room["details"]["name"], room["access"]["privacy"], room["version"]) == ("Hall", "public", 3)
    assert model.policy_data["rooms"]["r"] == {"version": 3, "privacy": "public", "members": {}}


def test_policy_data_follows_members_with_the_version_applied():
    model = ReadModel()
    model.take(created("r"), added("r", 2, "ann"), added("r", 3, "bob"))
    assert model.policy_data["rooms"]["r"] == {"version": 3, "privacy": "private", "members": {"ann": 2, "bob": 3}}

    model.take(removed("r", 4, "ann"), removed("r", 5, "bob"), added("r", 6, "bob"))
    assert model.policy_data["rooms"]["r"] == {"version": 6, "privacy": "private", "members": {"bob": 6}}


def test_removing_somebody_opa_never_had_does_not_fail_the_patch():
    model = ReadModel()
    model.take(created("r"))
    model.take(removed("r", 9, "stranger"))

    assert model.policy_data["rooms"]["r"] == {"version": 9, "privacy": "private", "members": {}}


def test_messages_ask_nothing_of_opa():
    model = ReadModel()
    model.take(created("r"))

    assert patch(project([message("r", 2)], model.held), model.held) == []


def test_a_session_and_its_end():
    model = ReadModel()
    model.take(session("s"), session("t"))
    model.take(session("s", 2, revoked=True, op="u"), session_deleted("t"))

    assert model.policy_data["sessions"] == {
        "s": {"version": 2, "revoked": True},
        "t": {"version": VERSION_MAX, "revoked": True},
    }
    assert model.documents["sessions", "s"] == {
        "accountId": "ann",
        "clientId": "123abc",
        "version": 2,
        "revoked": True,
    }


def test_a_profile_and_its_end():
    model = ReadModel()
    model.take(profile("ann", 5, "Ann", op="c"), profile("ann", 6, "Anna"))
    assert model.documents["profiles", "ann"]["state"]["name"] == "Anna"

    model.take(profile_deleted("ann", 7))
    assert model.documents["profiles", "ann"]["state"] == {
        "version": 7,
        "active": False,
        "name": None,
        "about": None,
        "photoPath": None,
        "updatedAt": None,
    }


def test_poison_is_set_aside_and_what_follows_it_is_not():
    poison = record(ROOM_EVENTS, b"{", partition=2, offset=41)
    projection = project([poison, record(ROOM_EVENTS, None, partition=2, offset=42), created("r")], Held())

    assert [letter.record for letter in projection.dead_letters] == [poison]
    assert projection.dead_letters[0].reason
    assert projection.ignored == 1
    assert projection.positions[ROOM_EVENTS, 2] == 43
    assert ("rooms", "r") in projection.writes


# --- the law -----------------------------------------------------------------------------------------------------

PEOPLE = st.sampled_from(["ann", "bob", "eve"])
ROOM_HAPPENINGS = st.tuples(
    st.sampled_from(["add", "add", "remove", "send", "send", "edit", "delete", "rename", "open", "close", "paint"]),
    PEOPLE,
    st.integers(0, 5),  # which of the messages written so far, for edits and deletions
)


def room_log(room, happenings):
    """A room's log as chat writes it: numbers, counts and places are those of what came before."""
    events, members, sent = [created(room)], set(), []
    for sequence, (what, who, which) in enumerate(happenings, start=2):
        match what if sent or what not in ("edit", "delete") else "send":
            case "add":
                members.add(who)
                events.append(added(room, sequence, who, len(members), len(sent)))
            case "remove":
                members.discard(who)
                events.append(removed(room, sequence, who, len(members)))
            case "send":
                sent.append((sequence, who))
                events.append(message(room, sequence, f"m{sequence}", len(sent), who))
            case "edit" | "delete":
                number = which % len(sent) + 1
                content = f"edited at {sequence}" if what == "edit" else None
                place, sender = sent[number - 1]
                events.append(edited(room, sequence, place, content, f"m{place}", number, sender))
            case "rename":
                events.append(room_event(room, sequence, "room.updated", {"name": f"{who}'s"}))
            case "open" | "close":
                privacy = "public" if what == "open" else "private"
                told = {"name": "Den", "privacy": privacy}
                events.append(room_event(room, sequence, "room.updated", told))
            case _:  # of a later version
                events.append(room_event(room, sequence, "room.painted", {}))
    return events


@st.composite
def logs(draw):
    """One partition each for two rooms, read marks, sessions and profiles: what happened, in order."""
    partitions = [room_log(room, draw(st.lists(ROOM_HAPPENINGS, max_size=14))) for room in ("den", "hall")]
    marks = draw(st.lists(st.tuples(PEOPLE, st.sampled_from(["den", "hall"])), max_size=6))
    partitions.append([read_mark(room, who, at, at) for at, (who, room) in enumerate(marks, 1)])
    ends = [session("s", 2, revoked=True, op="u"), session_deleted("s")]
    partitions.append([session("s"), *ends[: draw(st.integers(0, 2))], session("t")])
    states = [profile("ann", lsn, name) for lsn, name in enumerate(draw(st.lists(st.text(max_size=3), max_size=4)), 1)]
    gone = [profile_deleted("ann", 99), profile("ann", 99, "Deleted account", deleted_at="now")]
    partitions.append(states + ([draw(st.sampled_from(gone))] if draw(st.booleans()) else []))
    return partitions


STRETCHES = st.tuples(
    st.integers(0, 3),  # from which partition
    st.integers(0, 8),  # how far before the first unseen record it begins
    st.integers(0, 12),  # how long it is: it may end before what was seen, or bring new records
    st.booleans(),  # whether a batch ends here
)


@st.composite
def deliveries(draw, partitions):
    """The same log as a consumer may see it: interleaved, with stretches repeated, in batches; whole in the end.

    Each batch comes with what a consumer would have seen by then that got every record once.
    """
    seen = [0] * len(partitions)
    batches, batch = [], []
    for at, back, length, ends in draw(st.lists(STRETCHES, max_size=20)):
        start = max(0, seen[at] - back)
        batch += partitions[at][start : start + length]
        seen[at] = max(seen[at], min(len(partitions[at]), start + length))
        if ends:
            batches.append((batch, prefix(partitions, seen)))
            batch = []
    batch += [each for at, log in enumerate(partitions) for each in log[seen[at] :]]
    return [*batches, (batch, prefix(partitions, [len(log) for log in partitions]))]


def prefix(partitions, seen):
    return [each for at, log in enumerate(partitions) for each in log[: seen[at]]]


@settings(max_examples=150, deadline=None)
@supposing(st.data())
def test_however_often_and_interleaved_changes_come_they_come_to_the_same(data):
    """After any batch, documents and policy data are those of a fresh model fed each change once: never older."""
    partitions = data.draw(logs())
    model = ReadModel()
    for batch, so_far in data.draw(deliveries(partitions)):
        model.take(*batch)
        once = ReadModel()
        once.take(*so_far)

        assert model.documents == once.documents
        assert model.policy_data == once.policy_data


@settings(max_examples=75, deadline=None)
@supposing(st.data())
def test_documents_do_not_even_mind_the_order(data):
    """A stretch that was lost and comes late repairs the documents: newer parts stay, missing ones are filled in."""
    records = [each for log in data.draw(logs()) for each in log]
    shuffled = data.draw(st.permutations(records))
    cut = data.draw(st.integers(0, len(records)))
    once, late = ReadModel(), ReadModel()
    for each in records:
        once.take(each)
    for batch in (shuffled[:cut], shuffled[cut:]):
        apply(late.documents, project(batch, Held()))

    assert late.documents == once.documents


@settings(max_examples=75, deadline=None)
@supposing(st.data())
def test_an_opa_loaded_from_the_documents_goes_on_like_one_patched_all_along(data):
    """OPA may come up empty after any batch: what the documents say is what the patches have come to."""
    model = ReadModel()
    for batch, _ in data.draw(deliveries(data.draw(logs()))):
        model.take(*batch)
        whole, held = loaded(model.documents)
        assert model.policy_data == whole
        assert model.held == held

        if data.draw(st.booleans()):
            model.policy_data, model.held = whole, held


def loaded(documents):
    """The policy data that the documents come to, as the loader reads them, and its versions."""
    rooms = {
        key: {"version": room["version"], "privacy": room["access"]["privacy"], "members": {}}
        for (kind, key), room in documents.items()
        if kind == "rooms"
    }
    for (kind, _), row in documents.items():
        for name, state in row.items():
            if kind == "rosters" and name != "room" and state["active"]:
                rooms[row["room"]]["members"][name.removeprefix("members.")] = state["version"]
    sessions = {
        key: {"version": row["version"], "revoked": row["revoked"]}
        for (kind, key), row in documents.items()
        if kind == "sessions"
    }
    held = Held({key: row["version"] for key, row in rooms.items()}, {k: row["version"] for k, row in sessions.items()})
    return json.loads(json.dumps({"rooms": rooms, "sessions": sessions})), held
