"""Devices, passwords, signing out and deleting an account: what ends, ends at once and for everything."""

import asyncio

import pytest

from live.frames import join
from live.people import Person

CLOSED_S_MAX = 10  # a revocation travels through change capture; this bounds it on a busy machine
SIGN_IN = """mutation ($e: String!, $p: String!, $c: String!) {
    SignIn(email: $e, password: $p, clientId: $c) { account { id } token { access } } }"""
DEVICES = "query ($p: PaginationRequest) { ListDevices(page: $p) { records { clientId current } metadata { cursor } } }"
SIGN_OUT = "mutation ($c: String, $e: Boolean) { SignOut(clientId: $c, everywhere: $e) { success } }"
CHANGE = "mutation ($o: String!, $n: String!) { ChangePassword(oldPassword: $o, newPassword: $n) { success } }"

DELETE = "mutation ($id: String!) { DeleteAccount(id: $id) { id email } }"


@pytest.fixture
async def bob(newcomer):
    return await newcomer().sign_up()


async def on_device(person, name, password=None):
    """Return the same person, signed in on another device."""
    other = Person(person.stack, person.http)
    other.email, other.password, other.id = person.email, password or person.password, person.id
    data = await other.get(SIGN_IN, token="", e=other.email, p=other.password, c=name)
    other.token = data["SignIn"]["token"]["access"]
    return other


async def closed(socket):
    """Wait until the server has closed a socket, and return the code."""
    await asyncio.wait_for(socket.wait_closed(), CLOSED_S_MAX)
    return socket.close_code


async def test_devices_are_listed_newest_first_a_page_at_a_time(bob):
    """Each once, and the one that asks is marked."""
    for name in ("phone", "tablet", "desk"):
        last = await on_device(bob, name)
    seen, page = [], {"size": 2}
    while page:
        listed = (await last.get(DEVICES, p=page))["ListDevices"]
        seen += [(record["clientId"], record["current"]) for record in listed["records"]]
        cursor = listed["metadata"]["cursor"]
        page = {"size": 2, "cursor": cursor} if cursor else None

    assert [("desk", True), ("tablet", False), ("phone", False), ("123abc", False)] == seen


async def test_signing_a_device_out_closes_its_socket_and_no_other(bob):
    """By the name it signed in with."""
    phone = await on_device(bob, "phone")
    room = await bob.create_room()
    async with phone.socket() as lost, bob.socket() as kept:
        await join(lost, room)
        await join(kept, room)
        await bob.get(SIGN_OUT, c="phone")
        code = await closed(lost)
        await kept.ping()
        devices = (await bob.get(DEVICES))["ListDevices"]["records"]

    assert 4401 == code
    assert ["123abc"] == [device["clientId"] for device in devices]


async def test_signing_out_everywhere_ends_every_token(bob):
    """The caller's own among them."""
    phone = await on_device(bob, "phone")
    await bob.get(SIGN_OUT, e=True)
    answers = [await person.ask(DEVICES) for person in (bob, phone)]

    assert ["UNAUTHENTICATED"] * 2 == [answer["errors"][0]["extensions"]["code"] for answer in answers]


async def test_a_new_password_ends_the_other_sessions_and_the_old_password(bob):
    """Whoever knew only the old one is out."""
    phone = await on_device(bob, "phone")
    await bob.get(CHANGE, o=bob.password, n="Another@456")
    refused = await bob.ask(SIGN_IN, token="", e=bob.email, p=bob.password, c="desk")
    others = await phone.ask(DEVICES)
    own = await bob.get(DEVICES)
    again = await on_device(bob, "desk", "Another@456")

    assert "UNAUTHENTICATED" == refused["errors"][0]["extensions"]["code"]
    assert "UNAUTHENTICATED" == others["errors"][0]["extensions"]["code"]
    assert 1 == len(own["ListDevices"]["records"])
    assert again.token


async def test_a_deleted_account_leaves_its_messages_and_nothing_else(bob, newcomer):
    """Sockets close, tokens die, the room goes on, and the e-mail address is free for somebody new."""
    ann = await newcomer().sign_up("Ann")
    room = await bob.create_room(ann)
    said = await bob.send(room, "goodbye")
    async with bob.socket() as socket:
        await join(socket, room)
        deleted = (await bob.get(DELETE, id=bob.id))["DeleteAccount"]
        code = await closed(socket)
    after = await bob.ask(DEVICES)
    listing = """query ($r: String!) { ListMessages(roomId: $r) { records { id content senderId } }
                                       ListRoomMembers(roomId: $r) { records { memberId } } }"""
    left = await ann.get(listing, r=room)
    profile = await ann.ask("query ($id: String!) { ReadProfile(id: $id) { name } }", id=bob.id)
    heir = Person(bob.stack, bob.http)
    heir.email = bob.email
    await heir.sign_up("Heir")

    assert {"id": bob.id, "email": bob.email} == deleted
    assert code in (1000, 4401)
    assert "UNAUTHENTICATED" == after["errors"][0]["extensions"]["code"]
    assert [{"id": said["id"], "content": "goodbye", "senderId": bob.id}] == left["ListMessages"]["records"]
    assert [{"memberId": ann.id}] == left["ListRoomMembers"]["records"]
    assert "NOT_FOUND" == profile["errors"][0]["extensions"]["code"]
    assert heir.id != bob.id
