"""The original's walk-through, to the letter: sign up, open a socket with the token in the URL, join, talk."""

import json

from websockets.asyncio.client import connect

from live.frames import receive

SIGN_UP = """mutation { SignUpAndCreateProfile(name: "Bob" email: "%s" password: "Password@123" clientId: "123abc")
    { account { id } profile { name } token { access refresh } } }"""


async def test_bob_signs_up_joins_and_receives_what_is_said(newcomer, stack):
    """What the original's README promises and its code could not do."""
    bob = newcomer()
    answer = await bob.ask(SIGN_UP % bob.email)
    signed_up = answer["data"]["SignUpAndCreateProfile"]
    bob.token = signed_up["token"]["access"]
    room = await bob.create_room()
    async with connect(stack.socket_url(bob.token), compression=None, proxy=None) as socket:
        await socket.send(json.dumps({"type": "JOIN_ROOM", "payload": [{"name": room}]}))
        joined = await receive(socket, "JOINED")
        sent = await bob.send(room, "Hello 👋")
        message = await receive(socket, "MESSAGE")

    assert "Bob" == signed_up["profile"]["name"]
    assert room == joined["roomId"]
    assert {"senderId": signed_up["account"]["id"], "content": "Hello 👋"} == message["content"]
    assert "message" == message["type"]
    assert (sent["id"], room, sent["sequence"]) == (message["id"], message["roomId"], message["sequence"])


async def test_the_original_path_and_the_standard_scheme_work_too(person, stack, http):
    """`/gql`, and `Bearer` beside `SuperDuperUser`, in the header and in the socket's URL."""
    bob = await person()
    headers = {"Authorization": f"Bearer {bob.token}"}
    query = {"query": "query ($id: String!) { ReadProfile(id: $id) { name } }", "variables": {"id": bob.id}}
    async with http.post(f"{stack.http}/gql", json=query, headers=headers) as response:
        answer = await response.json()
    async with connect(stack.socket_url(bob.token, "Bearer"), compression=None, proxy=None) as socket:
        await socket.ping()

    assert {"data": {"ReadProfile": {"name": "Bob"}}} == answer
