"""A whole chat in one small object, honest by itself, with a place for every kind of sabotage.

It stands in for somebody's stack, so that the harness can be tested from its users to its verdict: same documents, same
frames, one port, nothing stored.
"""

import json
import uuid
from collections import defaultdict

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer


class RefusalError(Exception):
    pass


class TinyChat:
    """An honest chat. A saboteur overrides one of its promises."""

    def __init__(self):
        self.members: dict[str, set[str]] = defaultdict(set)
        self.sequences: dict[str, int] = defaultdict(int)
        self.listeners: dict[str, list[tuple[str, web.WebSocketResponse]]] = defaultdict(list)
        self.sent = 0

    def may(self, user: str, room: str) -> bool:
        return user in self.members[room]

    def frames_of(self, message: dict) -> list[dict]:
        """The frames a member gets for a message."""
        return [message]

    def is_for(self, listener: str, message: dict) -> bool:
        return True

    async def graphql(self, request: web.Request) -> web.Response:
        asked = await request.json()
        user = request.headers.get("Authorization", "").removeprefix("SuperDuperUser ")
        name = asked["query"].split("(")[0].split()[1]
        try:
            data = await getattr(self, name)(user, **asked["variables"])
        except RefusalError:
            return web.json_response({"data": None, "errors": [{"message": "", "extensions": {"code": "FORBIDDEN"}}]})
        return web.json_response({"data": data})

    async def SignUp(self, user: str, **_: str) -> dict:
        account = str(uuid.uuid4())
        token = {"access": account, "refresh": ""}
        return {"SignUpAndCreateProfile": {"account": {"id": account}, "token": token}}

    async def CreateRoom(self, user: str, name: str, members: list[str]) -> dict:
        room = str(uuid.uuid4())
        self.members[room] = {user, *members}
        listed = [{"memberId": member} for member in self.members[room]]
        return {"CreateRoom": {"information": {"id": room}, "members": listed}}

    async def ListMessages(self, user: str, **asked: str) -> dict:
        if not self.may(user, asked["roomId"]):
            raise RefusalError
        return {"ListMessages": {"records": []}}

    async def CreateMessage(self, user: str, **asked: str) -> dict:
        room = asked["roomId"]
        if not self.may(user, room):
            raise RefusalError
        self.sent += 1
        self.sequences[room] += 1
        place = {"id": asked["messageId"], "sequence": self.sequences[room]}
        await self.publish(place | {"roomId": room, "content": {"senderId": user, "content": asked["content"]}})
        return {"CreateMessage": place}

    async def publish(self, message: dict) -> None:
        for listener, socket in self.listeners[message["roomId"]]:
            for payload in self.frames_of(message) if self.is_for(listener, message) else []:
                await socket.send_str(json.dumps({"type": "MESSAGE", "payload": [payload]}))

    async def websocket(self, request: web.Request) -> web.WebSocketResponse:
        user = request.query["token"].removeprefix("SuperDuperUser ")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                break
            room = json.loads(frame.data)["payload"][0]["name"]
            if self.may(user, room):
                self.listeners[room].append((user, socket))
                answer = {"type": "JOINED", "payload": [{"roomId": room, "sequence": self.sequences[room]}]}
            else:
                answer = {"type": "ERROR", "payload": [{"roomId": room, "code": "FORBIDDEN", "reason": "members only"}]}
            await socket.send_str(json.dumps(answer))
        return socket


@pytest.fixture
async def serving():
    """Serve a chat on a free port; returns its base URL."""
    servers: list[TestServer] = []

    async def serve(chat: TinyChat) -> str:
        application = web.Application()
        application.router.add_post("/graphql", chat.graphql)
        application.router.add_get("/", chat.websocket)
        server = TestServer(application)
        servers.append(server)
        await server.start_server()
        return str(server.make_url("")).rstrip("/")

    yield serve
    for server in servers:
        await server.close()


@pytest.fixture
def honest_chat() -> type[TinyChat]:
    """The class to sabotage."""
    return TinyChat
