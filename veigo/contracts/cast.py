"""The people and rooms that cases speak of, brought about on a running stack by nothing but its RPCs.

Bob and Ann share `<room>` and `<direct>`; Eve is alone in `<eve's room>`. `<newt>` has an account and no profile.
Whoever `<nobody>` is, they are not here.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from veigo.contracts.rpc_recorder import Recorder
from veigo.contracts.rpc_reply import BrokenContract

AUTHENTICATION = "veigo.authentication.v1.AuthenticationService"
PROFILES = "veigo.chat.v1.ProfileService"
ROOMS = "veigo.chat.v1.RoomService"
MEMBERS = "veigo.chat.v1.MemberRoomService"
MESSAGES = "veigo.chat.v1.MessageService"
INBOX = "veigo.aggregator.v1.InboxService"
PASSWORD = "Password@123"  # noqa: S105 - of people who exist for a minute


async def told(rpc: Recorder, name: str, given: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    """Call an RPC that must not be refused; return its reply as JSON."""
    answer = await rpc.call(name, given, token)
    if not isinstance(answer, Message):
        raise BrokenContract(f"{name} refused {answer}")
    return MessageToDict(answer)


def _fresh() -> Iterator[tuple[str, str]]:
    """Yield what nobody has yet."""
    yield "nobody", str(uuid.uuid4())
    yield "fresh id", str(uuid.uuid4())
    yield "fresh e-mail", f"{uuid.uuid4().hex}@example.com"
    yield "fresh phone", f"+{uuid.uuid4().hex[:20]}"


@dataclass
class Cast:
    """Who is who.

    Attributes:
        bound: what placeholders stand for.
        tokens: access tokens, by name; nobody has none.
        refresh: refresh tokens, by name.
    """

    rpc: Recorder
    bound: dict[str, Any] = field(default_factory=lambda: dict(_fresh()))
    tokens: dict[str, str | None] = field(default_factory=lambda: {"nobody": None})
    refresh: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def assembled(cls, rpc: Recorder) -> "Cast":
        """Bring everybody in, and the rooms they are in."""
        cast = cls(rpc)
        for name in ("bob", "ann", "eve"):
            await cast.enter(name, profile=True)
        await cast.enter("newt")
        cast.tokens["newcomer"] = cast.tokens["newt"]
        await cast._furnish()
        return cast

    async def enter(self, name: str, *, profile: bool = False) -> None:
        """Sign somebody up, and let them be somebody."""
        email = f"{name}-{uuid.uuid4().hex}@example.com"
        account = {"email": email, "password": PASSWORD, "clientId": f"{name}'s", "phone": f"+{uuid.uuid4().hex[:20]}"}
        reply = await told(self.rpc, f"{AUTHENTICATION}/SignUp", account)
        self.tokens[name], self.refresh[name] = reply["token"]["access"], reply["token"]["refresh"]
        self.bound |= {name: reply["account"]["id"], f"{name}'s e-mail": email}
        self.bound |= {f"{name}'s access token": self.tokens[name], f"{name}'s refresh token": self.refresh[name]}
        if profile:
            fields = {"name": name.capitalize(), "about": f"about {name}", "photoPath": f"/{name}.png"}
            await told(self.rpc, f"{PROFILES}/CreateProfile", fields, self.tokens[name])

    async def room(self, *members: str, by: str = "bob", **more: Any) -> str:  # noqa: ANN401 - JSON
        """Let somebody make a room; its id."""
        fields = {"name": "Room", "type": "ROOM_TYPE_GROUP", "members": [self.bound[member] for member in members]}
        reply = await told(self.rpc, f"{ROOMS}/CreateRoom", fields | more, self.tokens[by])
        room: str = reply["information"]["id"]
        return room

    async def message(self, name: str, room: str, content: str = "Hello") -> str:
        """Let somebody say something; the message's id."""
        reply = await told(
            self.rpc, f"{MESSAGES}/CreateMessage", {"roomId": room, "content": content}, self.tokens[name]
        )
        message: str = reply["message"]["id"]
        return message

    async def _furnish(self) -> None:
        self.bound["room"] = room = await self.room("ann", description="quiet", photoPath="/room.png")
        self.bound["direct"] = await self.room("ann", type="ROOM_TYPE_DIRECT")
        self.bound["eve's room"] = await self.room(by="eve")
        self.bound["message"] = await self.message("bob", room)
        self.bound["ann's message"] = await self.message("ann", room)
        self.bound["deleted message"] = gone = await self.message("bob", room)
        await told(self.rpc, f"{MESSAGES}/DeleteMessage", {"roomId": room, "messageId": gone}, self.tokens["bob"])
