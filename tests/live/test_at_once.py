"""What the original refused until change capture had caught up works at once, every time."""

import asyncio
import uuid

from live.frames import join, receive


async def test_a_new_room_can_be_written_in_and_joined_at_once(person):
    """No pause between creating, joining and writing, twenty times over."""
    bob = await person()

    async def create_join_write(number):
        room = await bob.create_room()
        async with bob.socket() as socket:
            await join(socket, room)
            await bob.send(room, f"first in {number}")
            return (await receive(socket, "MESSAGE"))["content"]["content"]

    said = await asyncio.gather(*(create_join_write(number) for number in range(20)))

    assert [f"first in {number}" for number in range(20)] == said


async def test_an_added_member_can_join_and_write_at_once(person):
    """The addition counts from its acknowledgement on."""
    ann, bob = await person("Ann"), await person("Bob")
    room = await ann.create_room()
    refused = await bob.ask("query ($r: String!) { ListMessages(roomId: $r) { records { id } } }", r=room)
    add = "mutation ($r: String!, $m: [String]!) { AddMembersToRoom(roomId: $r, membersId: $m) { memberId } }"
    added = await ann.get(add, r=room, m=[bob.id, bob.id, ann.id])
    async with bob.socket() as socket:
        await join(socket, room)
        sent = await bob.send(room, "thanks")
        message = await receive(socket, "MESSAGE")

    assert "FORBIDDEN" == refused["errors"][0]["extensions"]["code"]
    assert [{"memberId": bob.id}] == added["AddMembersToRoom"]
    assert sent["id"] == message["id"]


async def test_a_retried_send_is_one_message(person):
    """The same id ten times at once: one message, one answer, one frame."""
    bob = await person()
    room = await bob.create_room()
    message_id = str(uuid.uuid4())
    async with bob.socket() as socket:
        await join(socket, room)
        answers = await asyncio.gather(*(bob.send(room, "once", message_id) for _ in range(10)))
        await bob.send(room, "after")
        frames = [await receive(socket, "MESSAGE") for _ in range(2)]

    assert 1 == len({(answer["sequence"], answer["createdAt"]) for answer in answers})
    assert ["once", "after"] == [frame["content"]["content"] for frame in frames]
    assert frames[0]["sequence"] + 1 == frames[1]["sequence"]


async def test_signing_up_with_a_profile_can_be_retried(newcomer):
    """Whoever lost the answer asks again and gets the same account; another password gets nothing."""
    bob = await newcomer().sign_up()
    first, profile = bob.id, "query ($id: String!) { ReadProfile(id: $id) { name } }"
    await bob.sign_up()
    thief = newcomer()
    thief.email, thief.password = bob.email, "Password@124"
    stolen = await thief.ask(
        """mutation ($email: String!, $password: String!) {
             SignUpAndCreateProfile(name: "T", email: $email, password: $password, clientId: "x")
             { account { id } } }""",
        email=thief.email,
        password=thief.password,
    )

    assert first == bob.id
    assert {"ReadProfile": {"name": "Bob"}} == await bob.get(profile, id=first)
    assert "ALREADY_EXISTS" == stolen["errors"][0]["extensions"]["code"]


async def test_half_a_sign_up_is_completed_by_the_next(newcomer):
    """An account without a profile, as a crash in between leaves it, gets its profile by the retry."""
    bob = newcomer()
    sign_up = (
        'mutation ($e: String!, $p: String!) { SignUp(email: $e, password: $p, clientId: "a") { account { id } } }'
    )
    account = (await bob.get(sign_up, e=bob.email, p=bob.password))["SignUp"]["account"]["id"]
    await bob.sign_up()

    assert account == bob.id


async def test_a_bad_profile_leaves_no_account(newcomer):
    """The profile is checked before the account is made."""
    bob = newcomer()
    mutation = """mutation ($n: String!, $e: String!, $p: String!) {
        SignUpAndCreateProfile(name: $n, email: $e, password: $p, clientId: "x") { account { id } } }"""
    refused = await bob.ask(mutation, n=" ", e=bob.email, p=bob.password)
    sign_in = (
        'mutation ($e: String!, $p: String!) { SignIn(email: $e, password: $p, clientId: "x") { account { id } } }'
    )
    absent = await bob.ask(sign_in, e=bob.email, p=bob.password)

    assert ("INVALID_ARGUMENT", "name") == (
        refused["errors"][0]["extensions"]["code"],
        refused["errors"][0]["extensions"]["field"],
    )
    assert "UNAUTHENTICATED" == absent["errors"][0]["extensions"]["code"]


async def test_a_refresh_token_used_twice_ends_the_session(person):
    """The second use shows that one of the two users is a thief, so both are out (RFC 9700, 4.14.2)."""
    bob = await person()
    refresh = "mutation ($t: String!) { RefreshToken(token: $t) { access refresh } }"
    fresh = (await bob.get(refresh, t=bob.refresh))["RefreshToken"]
    again = await bob.ask(refresh, t=bob.refresh)
    after = await bob.ask("mutation ($t: String!) { ValidateAccessToken(token: $t) { success } }", t=fresh["access"])

    assert "UNAUTHENTICATED" == again["errors"][0]["extensions"]["code"]
    assert "UNAUTHENTICATED" == after["errors"][0]["extensions"]["code"]


async def test_an_ended_session_closes_its_socket(person):
    """Revocation reaches what is open: the socket ends with 4401."""
    bob = await person()
    refresh = "mutation ($t: String!) { RefreshToken(token: $t) { access } }"
    async with bob.socket() as socket:
        await bob.ask(refresh, t=bob.refresh)
        await bob.ask(refresh, t=bob.refresh)
        async with asyncio.timeout(10):
            await socket.wait_closed()

    assert 4401 == socket.close_code
