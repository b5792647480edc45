"""People by the number: signed up and put into rooms, for whoever needs them only as owners of tokens."""

import asyncio
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from veigo.client.documents import CREATE_ROOM, SIGN_UP, CreateRoomData, SignUpData
from veigo.client.graphql import GraphQL

PASSWORD = "Password@123"  # noqa: S105 - of people who live as long as a run
AT_ONCE = 4  # each is a password hash: more at once are no faster


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who has signed up."""

    id: str
    token: str


async def signed_up(graphql: GraphQL, count: int, client_id: str) -> list[Account]:
    """Sign that many up, each with an address nobody has.

    Raises:
        Refused, Unintelligible, aiohttp.ClientError, TimeoutError: the stack did not do as asked.
    """
    run, turns = uuid.uuid4().hex[:12], asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Account:
        variables = {"name": f"Person {number}", "email": f"{number}.{run}@example.com", "password": PASSWORD}
        async with turns:
            data = await graphql.execute(SIGN_UP, variables | {"clientId": client_id}, SignUpData)
        return Account(data.signed_up.account.id, data.signed_up.token.access)

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def room_of(graphql: GraphQL, owner: Account, others: Iterable[Account], name: str) -> str:
    """Make a room of these people, and return its id; refusals as above."""
    variables = {"name": name, "members": [other.id for other in others]}
    data = await graphql.execute(CREATE_ROOM, variables, CreateRoomData, owner.token)
    return data.created.information.id
