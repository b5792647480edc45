"""Reading a socket's frames in live tests, always with a deadline."""

import asyncio
import json

WITHIN_S = 10


async def receive(socket, kind):
    """Return the payload of the next frame, which must be of this type."""
    async with asyncio.timeout(WITHIN_S):
        frame = json.loads(await socket.recv())
    assert kind == frame["type"], frame
    [payload] = frame["payload"]
    return payload


async def say(socket, kind, **payload):
    """Send one frame."""
    await socket.send(json.dumps({"type": kind, "payload": [payload]}))


async def join(socket, room):
    """Join a room and return what JOINED says."""
    await say(socket, "JOIN_ROOM", name=room)
    return await receive(socket, "JOINED")
