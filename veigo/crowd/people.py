"""The accounts and rooms a crowd of sockets belongs to: few of each, however many sockets there are.

Everybody is a member of every room, so any account's socket may join any room.
"""

import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from veigo.client.accounts import Account, room_of, signed_up
from veigo.client.documents import ADD_MEMBERS, CREATE_MESSAGE, CreatedMessage, CreateMessageData, Done
from veigo.client.graphql import GraphQL
from veigo.crowd.script import Script, member
from veigo.crowd.tally import mark


@dataclass(slots=True)
class People:
    """Accounts, and the rooms all of them are members of.

    Attributes:
        graphql: the door they speak through.
        accounts: the first made the rooms and does the talking.
        rooms: ids.
        said: how many marked messages each room has had.
    """

    graphql: GraphQL
    accounts: list[Account]
    rooms: list[str] = field(default_factory=list)
    said: Counter[str] = field(default_factory=Counter)

    @classmethod
    async def sign_up(cls, graphql: GraphQL, accounts: int) -> "People":
        """Sign up that many.

        Raises:
            Refused, Unintelligible, aiohttp.ClientError, TimeoutError: the stack did not do as asked.
        """
        return cls(graphql, await signed_up(graphql, accounts, "crowd"))

    async def make_rooms(self, rooms: int) -> list[str]:
        """Make rooms with everybody in them, and return their ids; refusals as above."""
        owner, *others = self.accounts
        made = [await room_of(self.graphql, owner, others, "Crowd") for _ in range(rooms)]
        self.rooms += made
        return made

    async def add_members(self, room: str, newcomers: Sequence[Account]) -> None:
        """Let more people into a room; refusals as above."""
        variables = {"roomId": room, "members": [account.id for account in newcomers]}
        await self.graphql.execute(ADD_MEMBERS, variables, Done, self.accounts[0].token)

    def scripts(self, rooms: Sequence[str]) -> list[Script]:
        """Return what their sockets say: each the next account's, in the next room, so that rooms are of one size."""
        combinations = max(len(self.accounts), len(rooms))
        combinations += -combinations % len(rooms)
        return [member(self.accounts[n % len(self.accounts)].token, rooms[n % len(rooms)]) for n in range(combinations)]

    async def say(self, group: str, room: str, intended_ns: int | None = None) -> CreatedMessage:
        """Say something in a room, marked as the next message there; refusals as above."""
        self.said[room] += 1
        content = mark(group, self.said[room], intended_ns or time.monotonic_ns())
        variables = {"roomId": room, "content": content, "messageId": str(uuid.uuid4())}
        data = await self.graphql.execute(CREATE_MESSAGE, variables, CreateMessageData, self.accounts[0].token)
        return data.created


def sockets_in(room: int, rooms: int, sockets: int) -> int:
    """Return how many of a crowd's sockets are in the room of that number, when they take rooms by turns."""
    return sockets // rooms + (room < sockets % rooms)
