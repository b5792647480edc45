"""A socket takes down every frame, and tells whoever joins what became of it."""

import asyncio
import json
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from veigo.client.socket import Socket, frame_of
from veigo.history import Frame, History, SocketEvent
from veigo.outcome import Refused

MESSAGE = {
    "type": "MESSAGE",
    "payload": [
        {
            "type": "message",
            "content": {"senderId": "ann", "content": "שלום"},
            "id": "m1",
            "roomId": "hall",
            "sequence": 3,
            "createdAt": "2026-01-01T00:00:00Z",
        }
    ],
}


JOINED = {"type": "JOINED"}


def test_a_message_is_read_with_everything_the_checkers_need():
    frame = frame_of(json.dumps(MESSAGE).encode(), "bob", 5, 10, 20)

    assert frame == Frame(
        "MESSAGE", "bob", 5, 10, 20, room="hall", sequence=3, message_id="m1", sender="ann", content="שלום"
    )


def test_a_removal_is_read_with_who_was_removed():
    text = b'{"type":"MEMBER_REMOVED","payload":[{"roomId":"hall","sequence":4,"memberId":"bob"}]}'

    assert (frame_of(text, "ann", 5, 10, 20).member, frame_of(text, "ann", 5, 10, 20).sequence) == ("bob", 4)


@pytest.mark.parametrize("text", [b"not JSON", b"[]", b'{"type":1,"payload":[]}', b'{"type":"X"}', b"\xff\xfe"])
def test_a_frame_that_cannot_be_read_is_kept_and_breaks_nothing(text):
    assert frame_of(text, "bob", 1, 0, 0).type == "UNREADABLE"


async def stack(connection: ServerConnection) -> None:
    """Stand in for the far end: hall lets everybody in and says hello, silence never answers, the rest is closed."""
    async for text in connection:
        wish = json.loads(text)["payload"][0]
        room = wish["name"]
        match room:
            case "hall":
                await connection.send(
                    json.dumps(JOINED | {"payload": [{"roomId": room, "sequence": wish.get("after", 2)}]})
                )
                await connection.send(json.dumps(MESSAGE))
            case "exit":
                await connection.close(1012, "service restart")
            case "silence":
                pass
            case _:
                refusal = {"roomId": room, "code": "FORBIDDEN", "reason": "members only"}
                await connection.send(json.dumps({"type": "ERROR", "payload": [refusal]}))


def refuse_bad_tokens(connection: ServerConnection, request: Request) -> Response | None:
    if "token=SuperDuperUser%20good" in request.path:
        return None
    response = connection.respond(HTTPStatus.UNAUTHORIZED, "")
    response.headers["X-WebSocket-Reject-Reason"] = "The token has expired."
    return response


@pytest.fixture
async def url():
    async with serve(stack, "127.0.0.1", 0, process_request=refuse_bad_tokens) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
def history(tmp_path):
    history = History(tmp_path / "history.jsonl")
    yield history
    history.close()


@pytest.fixture
def frames() -> asyncio.Queue[Frame]:
    return asyncio.Queue()


@pytest.fixture
async def socket(url, history, frames):
    socket = await Socket.open(url, "bob", "good", history, frames.put_nowait)
    yield socket
    await socket.close()


async def test_joining_returns_where_the_room_stood(socket, frames):
    joined = await socket.join("hall")

    assert joined.sequence == 2
    received = [await asyncio.wait_for(frames.get(), 5) for _ in range(2)]
    assert [frame.type for frame in received] == ["JOINED", "MESSAGE"]


async def test_resuming_asks_for_what_comes_after_a_sequence(socket):
    assert (await socket.join("hall", after=1)).sequence == 1


async def test_a_refused_join_carries_the_code(socket):
    with pytest.raises(Refused, match="members only") as refused:
        await socket.join("secret")

    assert refused.value.code == "FORBIDDEN"


async def test_a_join_without_an_answer_ends_in_time(socket):
    with pytest.raises(TimeoutError):
        await socket.join("silence", wait_s=0.05)


async def test_a_socket_the_other_side_closes_is_taken_down_as_such(socket, history):
    with pytest.raises(Exception, match="1012"):
        await socket.join("exit")

    event = history.records[-1]
    assert isinstance(event, SocketEvent)
    assert (event.event, event.code, event.ours) == ("closed", 1012, False)


async def test_a_socket_we_close_is_taken_down_as_ours(url, history, frames):
    socket = await Socket.open(url, "bob", "good", history, frames.put_nowait)
    await socket.close()

    events = [(record.event, record.ours) for record in history.records if isinstance(record, SocketEvent)]
    assert events == [("opened", False), ("closed", True)]


async def test_a_bad_token_is_refused_before_there_is_a_socket(url, history, frames):
    with pytest.raises(Refused, match="The token has expired") as refused:
        await Socket.open(url, "bob", "bad", history, frames.put_nowait)

    assert refused.value.code == "UNAUTHENTICATED"
    assert history.records == []
