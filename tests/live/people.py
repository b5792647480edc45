"""Somebody who uses the stack in live tests; raw on purpose, so that the protocol is tested and no library."""

import uuid

from websockets.asyncio.client import connect


class Person:
    """Somebody with an account, or about to get one."""

    def __init__(self, stack, http):
        self.stack = stack
        self.http = http
        self.email = f"{uuid.uuid4().hex}@example.com"
        self.password = "Password@123"
        self.id = self.token = self.refresh = None

    async def ask(self, query, *, token="own", headers=None, **variables):
        """Send one GraphQL document and return the whole answer."""
        sent = dict(headers or {})
        token = self.token if token == "own" else token
        if token:
            sent.setdefault("Authorization", f"SuperDuperUser {token}")
        body = {"query": query, "variables": variables}
        async with self.http.post(f"{self.stack.http}/graphql", json=body, headers=sent) as response:
            return await response.json()

    async def get(self, query, **variables):
        """Send one GraphQL document and return its data, or fail with its errors."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer
        return answer["data"]

    async def sign_up(self, name="Bob"):
        data = await self.get(
            """mutation ($name: String!, $email: String!, $password: String!) {
                 SignUpAndCreateProfile(name: $name, email: $email, password: $password, clientId: "123abc")
                 { account { id } profile { id name } token { access refresh } } }""",
            name=name,
            email=self.email,
            password=self.password,
        )
        done = data["SignUpAndCreateProfile"]
        self.id, self.token, self.refresh = done["account"]["id"], done["token"]["access"], done["token"]["refresh"]
        return self

    async def create_room(self, *members, privacy="private"):
        data = await self.get(
            """mutation ($members: [String], $privacy: privacy) {
                 CreateRoom(name: "Room", type: group, privacy: $privacy, members: $members)
                 { information { id } } }""",
            members=[member.id for member in members],
            privacy=privacy,
        )
        return data["CreateRoom"]["information"]["id"]

    async def send(self, room, content, message_id=None):
        data = await self.get(
            """mutation ($room: String!, $content: String!, $id: String) {
                 CreateMessage(roomId: $room, content: $content, messageId: $id)
                 { id roomId senderId content sequence createdAt } }""",
            room=room,
            content=content,
            id=message_id,
        )
        return data["CreateMessage"]

    def socket(self, **options):
        """Open a socket as a browser does: with the token in the URL."""
        return connect(self.stack.socket_url(self.token), compression=None, proxy=None, **options)
