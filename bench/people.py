"""People on the stack, as a measure needs them: signed up, in rooms, with a token."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bench.site import Site
from veigo.client.documents import CREATE_ROOM, SIGN_UP, CreateRoomData, SignUpData
from veigo.client.graphql import GraphQL


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has signed up."""

    id: str
    token: str


@asynccontextmanager
async def graphql_of(site: Site) -> AsyncIterator[GraphQL]:
    """The stack's GraphQL endpoint."""
    graphql = GraphQL(f"http://{site.stack.address('gateway')}")
    try:
        yield graphql
    finally:
        await graphql.close()


async def signed_up(graphql: GraphQL, count: int) -> list[Person]:
    """Sign so many people up, one after the other: a password takes its time."""
    run, people = uuid.uuid4().hex[:12], []
    for number in range(count):
        told = {"name": f"P{number}", "email": f"{number}.{run}@example.com", "password": "Password@123"}
        data = await graphql.execute(SIGN_UP, told | {"clientId": "bench"}, SignUpData)
        people.append(Person(data.signed_up.account.id, data.signed_up.token.access))
    return people


async def room_of(graphql: GraphQL, owner: Person, *others: Person) -> str:
    """Make a room of these people; return its id."""
    told = {"name": "Room", "members": [other.id for other in others]}
    data = await graphql.execute(CREATE_ROOM, told, CreateRoomData, owner.token)
    return data.created.information.id
