"""What can be subscribed to."""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing

import strawberry
from strawberry import UNSET

from services.gateway.event_types import RoomEvent
from services.gateway.operation import Info, subscription
from services.gateway.rpc import access_token_of
from services.problems import Code, Problem, invalid

_ROOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@strawberry.type
class RootSubscription:
    """The root of every subscription."""

    @subscription(
        "roomEvents", "All that happens in a room, in order and without a gap: from now on, or after `after`."
    )
    async def room_events(
        self, info: Info, room_id: str, after: int | None = UNSET
    ) -> AsyncGenerator[RoomEvent | None, None]:
        """Listen to a room."""
        spelled = room_id.lower()
        if _ROOM_ID.fullmatch(spelled) is None:
            raise invalid("roomId", "`roomId` must be the UUID that CreateRoom and ListRooms return.")
        after = None if after is UNSET else after
        if after is not None and after < 0:
            raise invalid("after", "`after` must be the last sequence you have, or 0 for everything.")
        caller = info.context
        if caller.rooms is None:
            raise Problem(
                Code.INVALID_ARGUMENT, "Subscribe over a WebSocket with the subprotocol graphql-transport-ws."
            )
        if not caller.authorization:
            message = 'No access token: send {"authorization": "Bearer <access token>"} as connection_init\'s payload.'
            raise Problem(Code.UNAUTHENTICATED, message)
        events = caller.rooms.events(access_token_of(caller.authorization), spelled, after)
        async with aclosing(events):
            async for event in events:
                yield event
