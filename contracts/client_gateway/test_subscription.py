"""The subscription: every type of event with every field, and what the protocol around it says."""

import asyncio

from live.listener import opened
from veigo.contracts.cast import MEMBERS, MESSAGES, ROOMS, told
from veigo.contracts.graphql_recorder import document_of


class Subscriber:
    """Somebody who listens to rooms by GraphQL; every event is held against the schema."""

    def __init__(self, socket, graphql):
        self.socket = socket
        self.graphql = graphql

    async def subscribe(self, id_, **arguments):
        self.document = document_of(self.graphql.schema, "roomEvents", arguments)
        self.arguments = arguments
        payload = {"query": self.document, "variables": arguments}
        await self.socket.say("subscribe", id=id_, payload=payload)

    async def events(self, *types):
        """Return the next events, which must be of these types."""
        came = []
        for _ in types:
            message = await self.socket.hear()
            assert "next" == message["type"], message
            self.graphql.note(self.document, self.arguments, message["payload"])
            came.append(message["payload"]["data"]["roomEvents"])
        assert list(types) == [event["type"] for event in came]
        return came


async def subscriber(socket, graphql, token):
    await socket.say("connection_init", payload={"authorization": f"Bearer {token}"})
    assert {"type": "connection_ack"} == await socket.hear()
    return Subscriber(socket, graphql)


async def test_all_that_happens_in_a_room(stack, graphql, rpc, cast, time_machine):
    bob, room = (
        cast.tokens["bob"],
        await cast.room("ann", privacy="ROOM_PRIVACY_PUBLIC", description="d", photoPath="/p"),
    )
    async with opened(stack) as socket:
        bobs = await subscriber(socket, graphql, bob)
        await bobs.subscribe("1", roomId=room, after=0)
        await bobs.events("joined", "room_created", "member_added", "member_added")
        message = {"roomId": room, "messageId": await cast.message("bob", room)}
        await told(rpc, f"{MESSAGES}/UpdateMessage", message | {"content": "Hullo"}, bob)
        await told(rpc, f"{MESSAGES}/DeleteMessage", message, bob)
        change = {"id": room, "name": "Den", "privacy": "ROOM_PRIVACY_PRIVATE", "updateMask": "name,privacy"}
        await told(rpc, f"{ROOMS}/UpdateRoom", change, bob)
        await time_machine.write_event(room, "contract.later", {})
        await told(rpc, f"{MEMBERS}/Leave", {"roomId": room}, bob)
        await bobs.events("message_created", "message_edited", "message_deleted", "room_updated", "room_event")
        *_, left = await bobs.events("member_removed", "left")
        ended = await socket.hear()
        await socket.say("ping")
        pong = await socket.hear()

    assert left["reason"]
    assert ({"type": "complete", "id": "1"}, "pong") == (ended, pong["type"])


async def test_a_place_that_is_no_longer_kept(stack, graphql, cast, time_machine):
    room = await cast.room()
    await time_machine.forget(room, 2)
    async with opened(stack) as socket:
        bobs = await subscriber(socket, graphql, cast.tokens["bob"])
        await bobs.subscribe("1", roomId=room, after=0)
        reset, _ = await bobs.events("reset", "joined")
        await socket.say("complete", id="1")

    assert (2, 2) == (reset["sequence"], reset["horizon"])


async def test_a_refused_subscription_is_an_error_with_its_code(stack, graphql, cast):
    async with opened(stack) as socket, asyncio.timeout(15):
        eves = await subscriber(socket, graphql, cast.tokens["eve"])
        await eves.subscribe("1", roomId=cast.bound["room"])
        message = await socket.hear()

    assert ("error", "1") == (message["type"], message["id"])
    assert "FORBIDDEN" == message["payload"][0]["extensions"]["code"]
