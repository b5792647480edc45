"""Every GraphQL operation with every argument, asked for every field it has; and every code an error can carry."""

import asyncio
import uuid

import pytest

from veigo.contracts.cast import PASSWORD

PAGE = {"size": 1, "cursor": None}


async def signed_up(graphql, name):
    """Return somebody's id, token and e-mail address."""
    account = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD, "clientId": "desk"}
    account |= {"phone": f"+{uuid.uuid4().hex[:20]}", "name": name, "photoPath": "/p.png", "about": "a"}
    made = await graphql.get("SignUpAndCreateProfile", **account)
    return made["account"]["id"], made["token"]["access"], account["email"]


async def test_accounts_devices_and_tokens(graphql):
    account = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD, "clientId": "desk"}
    first = await graphql.get("SignUp", phone=f"+{uuid.uuid4().hex[:20]}", **account)
    phone = (await graphql.get("SignIn", **(account | {"clientId": "phone"})))["token"]
    pair = await graphql.get("RefreshToken", token=phone["refresh"])
    valid = await graphql.get("ValidateAccessToken", token=pair["access"])
    token = first["token"]["access"]
    devices = await graphql.get("ListDevices", token, page=PAGE)
    await graphql.get("ChangePassword", token, oldPassword=PASSWORD, newPassword="Another@456")
    again = account | {"password": "Another@456", "clientId": "phone"}
    await graphql.get("SignIn", **again)
    outs = [await graphql.get("SignOut", token, clientId="phone"), await graphql.get("SignOut", token, everywhere=True)]
    token = (await graphql.get("SignIn", **again))["token"]["access"]
    deleted = await graphql.get("DeleteAccount", token, id=first["account"]["id"])

    assert [{"success": True}] * 3 == [valid, *outs]
    assert "phone" == devices["records"][0]["clientId"]
    assert account["email"] == deleted["email"]


async def test_profiles(graphql):
    id_, token, _ = await signed_up(graphql, "Bob")
    await graphql.get("UpdateProfile", token, id=id_, photoPath=None, name="Rob", about=None)
    read = await graphql.get("ReadProfile", token, id=id_)
    deleted = await graphql.get("DeleteProfile", token, id=id_)
    account = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD, "clientId": "desk"}
    bare = (await graphql.get("SignUp", **account))["token"]["access"]
    created = await graphql.get("CreateProfile", bare, name="New", photoPath="/n.png", about="a")

    assert ("Rob", None, "New") == (read["name"], read["photoPath"], created["name"])
    assert read == deleted


async def test_rooms_members_and_messages(graphql):
    (bob, token, _), (ann, other, _) = await signed_up(graphql, "Bob"), await signed_up(graphql, "Ann")
    details = {"photoPath": "/r.png", "description": "d"}
    room = await graphql.get("CreateRoom", token, name="Hall", type="group", privacy="public", members=[ann], **details)
    room = room["information"]["id"]
    await graphql.get("CreateRoom", token, name="Us", type="direct", members=[ann])
    await graphql.get("UpdateRoom", token, id=room, name="Den", privacy="private", **details)
    sent = await graphql.get("CreateMessage", token, roomId=room, content="Hello", messageId=str(uuid.uuid4()))
    place = {"roomId": room, "messageId": sent["id"]}
    await graphql.get("UpdateMessage", token, content="Hullo", **place)
    listed = await graphql.get("ListMessages", token, roomId=room, page=PAGE)
    read = await graphql.get("AcknowledgeMessages", other, roomId=room, sequence=sent["sequence"])
    members = await graphql.get("ListRoomMembers", token, roomId=room, page=PAGE)
    rooms = await graphql.get("ListRooms", token, id=bob, page=PAGE)
    inbox = await until_shown(graphql, other, room)
    await graphql.get("DeleteMessage", token, **place)
    await graphql.get("RemoveMemberFromRoom", token, roomId=room, memberId=ann)
    added = await graphql.get("AddMembersToRoom", token, roomId=room, membersId=[ann])
    left = await graphql.get("DeleteUserRoom", other, roomId=room)

    assert "Hullo" == listed["records"][0]["content"] == inbox["lastMessage"]["content"]
    assert sent["sequence"] == read["sequence"] == inbox["acknowledgedSequence"]
    assert [True, True] == [page["metadata"]["hasMore"] for page in (members, rooms)]
    assert ann == added[0]["memberId"] == left["memberId"]


async def until_shown(graphql, token, room):
    """Ask for the inbox until a room is in it as it is now."""
    async with asyncio.timeout(15):
        while True:
            records = (await graphql.get("Inbox", token, page={"size": 10, "cursor": None}))["records"]
            shown = next((record for record in records if record["id"] == room), None)
            if shown and shown["lastMessage"] and shown["lastMessage"]["edited"] and shown["acknowledgedSequence"]:
                return shown
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("code", "operation", "name", "arguments"),
    [
        ("UNAUTHENTICATED", "ListMessages", "nobody", {"roomId": "room"}),
        ("FORBIDDEN", "ListMessages", "eve", {"roomId": "room"}),
        ("NOT_FOUND", "ListMessages", "bob", {"roomId": "nobody"}),
        ("INVALID_ARGUMENT", "ListMessages", "bob", {"roomId": "bob's e-mail"}),
        ("ALREADY_EXISTS", "CreateMessage", "bob", {"roomId": "room", "messageId": "message", "content": "bob"}),
    ],
)
async def test_refusals_say_their_code(graphql, cast, code, operation, name, arguments):
    given = {argument: cast.bound[bound] for argument, bound in arguments.items()}
    answer = await graphql.ask(operation, cast.tokens[name], **given)

    assert code == answer["errors"][0]["extensions"]["code"]


async def test_two_new_passwords_at_once_are_one(graphql):
    """The one that came too late is ABORTED."""
    codes = set()
    for _ in range(20):
        _, token, _ = await signed_up(graphql, "Una")
        passwords = ({"oldPassword": PASSWORD, "newPassword": f"Another@{number}"} for number in range(100, 103))
        answers = await asyncio.gather(*(graphql.ask("ChangePassword", token, **both) for both in passwords))
        codes |= {answer["errors"][0]["extensions"]["code"] for answer in answers if "errors" in answer}
        if "ABORTED" in codes:
            break

    assert "ABORTED" in codes


@pytest.mark.parametrize(
    ("code", "document", "variables"),
    [
        ("GRAPHQL_PARSE_FAILED", "{ ListRooms(", {}),
        ("GRAPHQL_VALIDATION_FAILED", "{ Nothing }", {}),
        ("RESOURCE_EXHAUSTED", "{ __typename }", {"padding": "x" * 1_100_000}),
    ],
)
async def test_what_cannot_run_says_so(graphql, code, document, variables):
    answer = await graphql.send(document, variables)
    graphql.note("{ __typename }", {}, answer)

    assert code == answer["errors"][0]["extensions"]["code"]
