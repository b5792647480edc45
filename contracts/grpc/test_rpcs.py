"""Every RPC, asked for everything it can say: its fields both ways, and each of its refusals."""

import asyncio
import json
import uuid
from pathlib import Path

import pytest
from google.protobuf.message import Message

from veigo.contracts.cases import filled, loaded
from veigo.contracts.cast import AUTHENTICATION, INBOX, MEMBERS, MESSAGES, PASSWORD, PROFILES, ROOMS, told
from veigo.contracts.rpc_reply import Refusal

REFUSALS = loaded(Path(__file__).with_name("refusals.json"))
EACH = [(name, code, case) for name, codes in REFUSALS.items() for code, case in codes.items() if "request" in case]
NEVER_BUSY = 20


@pytest.mark.parametrize(
    ("name", "code", "case"), EACH, ids=[f"{name.rpartition('.')[2]}-{code}" for name, code, _ in EACH]
)
async def test_what_is_refused_is_refused_with_its_code_and_the_field_at_fault(name, code, case, rpc, cast):
    """Each RPC has its list; whatever it refuses beside that is a change of the contract."""
    answer = await rpc.call(name, filled(case["request"], cast.bound), cast.tokens[case["as"]])

    assert isinstance(answer, Refusal), answer
    assert (code, (case["field"],) if "field" in case else ()) == (answer.code, answer.fields)


def test_every_rpc_says_what_it_refuses(rpc):
    """Also that it refuses nothing."""
    assert rpc.methods.keys() == REFUSALS.keys()


async def test_profiles(rpc, cast):
    await cast.enter("pia", profile=True)
    token, own = cast.tokens["pia"], {"id": cast.bound["pia"]}
    await told(rpc, f"{PROFILES}/CreateProfile", {"name": "x", "validateOnly": True})
    changed = {"name": "Pia", "about": "a", "photoPath": "/p.png", "updateMask": "name,about,photoPath"}
    updated = await told(rpc, f"{PROFILES}/UpdateProfile", own | changed, token)
    read = await told(rpc, f"{PROFILES}/ReadProfile", own, cast.tokens["bob"])
    deleted = await told(rpc, f"{PROFILES}/DeleteProfile", own, token)

    assert updated["profile"] == read["profile"]
    assert read["profile"]["id"] == deleted["profile"]["id"]


async def test_rooms_and_their_members(rpc, cast):
    bob = cast.tokens["bob"]
    public = await told(
        rpc,
        f"{ROOMS}/CreateRoom",
        {"name": "Hall", "type": "ROOM_TYPE_GROUP", "privacy": "ROOM_PRIVACY_PUBLIC", "description": "d"},
        bob,
    )
    room = public["information"]["id"]
    changed = {"name": "Den", "description": "d", "photoPath": "/r.png", "privacy": "ROOM_PRIVACY_PRIVATE"}
    mask = {"updateMask": "name,description,photoPath,privacy"}
    await told(rpc, f"{ROOMS}/UpdateRoom", {"id": room} | changed | mask, bob)
    people = [cast.bound["ann"], cast.bound["eve"]]
    added = await told(rpc, f"{MEMBERS}/AddMembers", {"roomId": room, "memberIds": people}, bob)
    first = await told(rpc, f"{MEMBERS}/ListMembers", {"roomId": room, "page": {"size": 2}}, bob)
    cursor = first["metadata"]["cursor"]
    second = await told(rpc, f"{MEMBERS}/ListMembers", {"roomId": room, "page": {"size": 2, "cursor": cursor}}, bob)
    removed = await told(rpc, f"{MEMBERS}/RemoveMember", {"roomId": room, "memberId": people[0]}, bob)
    left = await told(rpc, f"{MEMBERS}/Leave", {"roomId": room}, cast.tokens["eve"])
    listed = await told(rpc, f"{ROOMS}/ListRooms", {"id": cast.bound["bob"], "page": {"size": 1}}, bob)
    position = await told(rpc, f"{ROOMS}/GetRoomPosition", {"roomId": room}, bob)
    logged = await told(rpc, f"{ROOMS}/ReadLog", {"roomId": room, "after": 1, "size": 100}, bob)

    assert people == [member["memberId"] for member in added["members"]]
    assert len(first["records"]) + len(second["records"]) == 3
    assert (people[0], cast.bound["eve"]) == (removed["membership"]["memberId"], left["membership"]["memberId"])
    assert (room, True) == (listed["records"][0]["id"], listed["metadata"]["hasMore"])
    assert left["sequence"] == position["lastSequence"] == logged["lastSequence"]
    assert logged["lastSequence"] == logged["events"][-1]["sequence"]


async def test_messages_and_what_was_read(rpc, cast):
    bob, room = cast.tokens["bob"], await cast.room("ann")
    message = {"roomId": room, "messageId": str(uuid.uuid4())}
    sent = await told(rpc, f"{MESSAGES}/CreateMessage", message | {"content": "Hello"}, bob)
    again = await told(rpc, f"{MESSAGES}/CreateMessage", message | {"content": "Hello"}, bob)
    edited = await told(rpc, f"{MESSAGES}/UpdateMessage", message | {"content": "Hullo"}, bob)
    listed = await told(rpc, f"{MESSAGES}/ListMessages", {"roomId": room, "page": {"size": 1}}, bob)
    place = {"roomId": room, "sequence": sent["message"]["sequence"]}
    await told(rpc, f"{MEMBERS}/AcknowledgeMessages", {"roomId": room, "sequence": 1}, cast.tokens["ann"])
    read = await told(rpc, f"{MEMBERS}/AcknowledgeMessages", place, cast.tokens["ann"])
    deleted = await told(rpc, f"{MESSAGES}/DeleteMessage", message, bob)

    assert sent == again
    assert edited["message"] == listed["records"][0] == deleted["message"]
    assert place["sequence"] == read["sequence"]


async def test_accounts_devices_and_tokens(rpc, cast):
    await cast.enter("max", profile=True)
    account = {"email": cast.bound["max's e-mail"], "password": PASSWORD}
    other = await told(rpc, f"{AUTHENTICATION}/SignIn", account | {"clientId": "phone"})
    fresh = await told(rpc, f"{AUTHENTICATION}/RefreshToken", {"token": other["token"]["refresh"]})
    valid = await told(rpc, f"{AUTHENTICATION}/ValidateAccessToken", {"token": fresh["token"]["access"]})
    token = cast.tokens["max"]
    first = await told(rpc, f"{AUTHENTICATION}/ListDevices", {"size": 1}, token)
    second = await told(rpc, f"{AUTHENTICATION}/ListDevices", {"size": 1, "cursor": first["cursor"]}, token)
    passwords = {"oldPassword": PASSWORD, "newPassword": "Another@456"}
    changed = await told(rpc, f"{AUTHENTICATION}/ChangePassword", passwords, token)
    for which in ({"clientId": "max's"}, {"everywhere": True}):
        opened = {"email": account["email"], "password": "Another@456", "clientId": "max's"}
        token = (await told(rpc, f"{AUTHENTICATION}/SignIn", opened))["token"]["access"]
        ended = await told(rpc, f"{AUTHENTICATION}/SignOut", which, token)
    keys = await told(rpc, f"{AUTHENTICATION}/GetKeySet", {})

    assert cast.bound["max"] == valid["accountId"]
    assert [page["records"][0]["clientId"] for page in (first, second)] == ["phone", "max's"]
    assert [changed["ended"], ended["ended"]] == [1, 1]
    assert json.loads(keys["json"])["keys"]


async def test_an_account_that_is_deleted(rpc, cast):
    await cast.enter("tim")
    deleted = await told(rpc, f"{AUTHENTICATION}/DeleteAccount", {"id": cast.bound["tim"]}, cast.tokens["tim"])

    assert cast.bound["tim's e-mail"] == deleted["account"]["email"]


async def test_two_new_passwords_at_once_are_one(rpc, cast):
    """The other is ABORTED, and may try again with the password that is now the old one."""
    for _ in range(NEVER_BUSY):
        await cast.enter("una")
        calls = [
            rpc.call(
                f"{AUTHENTICATION}/ChangePassword",
                {"oldPassword": PASSWORD, "newPassword": f"Another@{number}"},
                cast.tokens["una"],
            )
            for number in range(100, 103)
        ]
        answers = await asyncio.gather(*calls)
        codes = sorted(answer.code for answer in answers if isinstance(answer, Refusal))
        if "ABORTED" in codes:
            break

    assert len([answer for answer in answers if isinstance(answer, Message)]) == 1
    assert {"ABORTED"} <= set(codes) <= {"ABORTED", "PERMISSION_DENIED"}


async def test_the_inbox(rpc, cast):
    """It shows what change capture has brought; so it is asked until it shows all that an inbox can show."""
    room, ann = await cast.room("ann", "eve", description="d", photoPath="/i.png"), cast.tokens["ann"]
    message = await cast.message("bob", room)
    change = {"roomId": room, "messageId": message, "content": "edited"}
    await told(rpc, f"{MESSAGES}/UpdateMessage", change, cast.tokens["bob"])
    await told(rpc, f"{MEMBERS}/AcknowledgeMessages", {"roomId": room, "sequence": 2}, ann)
    async with asyncio.timeout(15):
        while True:
            page = await told(rpc, f"{INBOX}/ListInbox", {"size": 1}, ann)
            shown = page["records"][0]
            if shown["id"] == room and shown.get("lastMessage", {}).get("edited") and "acknowledgedSequence" in shown:
                break
            await asyncio.sleep(0.05)
    following = await told(rpc, f"{INBOX}/ListInbox", {"size": 1, "cursor": page["cursor"]}, ann)

    assert shown["lastMessage"]["content"] == "edited"
    assert room != following["records"][0]["id"]
