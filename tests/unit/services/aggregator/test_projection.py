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
    message,
    profile,
    profile_deleted,
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
    model.take(created("r"), added("r", 2, "ann"), added("r", 3, "bob"), message("r", 4, "m4"), removed("r", 5, "bob"))

    assert model.documents == {
        ("rooms", "r"): {
            "type": "group",
            "sequence": 5,
            "version": 5,
            "access": {"sequence": 1, "privacy": "private"},
            "details": {"sequence": 1, "name": "Den", "description": None, "photoPath": None},
            "lastMessage": {"sequence": 4, "id": "m4", "senderId": "ann", "createdAt": "at 4"},
        },
        ("memberships", "r:ann"): {"room": "r", "member": "ann", "state": {"version": 2, "active": True}},
        ("memberships", "r:bob"): {"room": "r", "member": "bob", "state": {"version": 5, "active": False}},
    }


def test_messages_move_a_rooms_sequence_and_not_its_version():
    model = ReadModel()
    model.take(created("r"), added("r", 2, "ann"), message("r", 3), room_event("r", 4, "message.edited", {}))
    room = model.documents["rooms", "r"]

    assert (room["sequence"], room["version"]) == (4, 2)


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
ROOM_HAPPENINGS = st.one_of(
    st.tuples(st.just("member.added"), st.builds(lambda who: {"memberId": who}, PEOPLE)),
    st.tuples(st.just("member.removed"), st.builds(lambda who: {"memberId": who}, PEOPLE)),
    st.tuples(st.just("message.created"), st.builds(lambda who: {"id": f"m-{who}", "senderId": who}, PEOPLE)),
    st.tuples(st.just("message.deleted"), st.just({"id": "m-ann"})),
    st.tuples(st.just("room.updated"), st.builds(lambda name: {"name": name}, st.text(max_size=3))),
    st.tuples(st.just("room.updated"), st.sampled_from([{"privacy": "public"}, {"privacy": "private"}])),
)


@st.composite
def logs(draw):
    """One partition each for two rooms, sessions and profiles: what happened, in order."""
    partitions = []
    for room in ("den", "hall"):
        happenings = draw(st.lists(ROOM_HAPPENINGS, max_size=12))
        events = [room_event(room, at, kind, payload) for at, (kind, payload) in enumerate(happenings, start=2)]
        partitions.append([created(room), *events])
    ends = [session("s", 2, revoked=True, op="u"), session_deleted("s")]
    partitions.append([session("s"), *ends[: draw(st.integers(0, 2))], session("t")])
    states = [profile("ann", lsn, name) for lsn, name in enumerate(draw(st.lists(st.text(max_size=3), max_size=4)), 1)]
    partitions.append(states + ([profile_deleted("ann", 99)] if draw(st.booleans()) else []))
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
        if kind == "memberships" and row["state"]["active"]:
            rooms[row["room"]]["members"][row["member"]] = row["state"]["version"]
    sessions = {
        key: {"version": row["version"], "revoked": row["revoked"]}
        for (kind, key), row in documents.items()
        if kind == "sessions"
    }
    held = Held({key: row["version"] for key, row in rooms.items()}, {k: row["version"] for k, row in sessions.items()})
    return json.loads(json.dumps({"rooms": rooms, "sessions": sessions})), held
