"""The edge, with real sockets on loopback: real clients, the real rules, and events fed by hand.

The two questions others answer (whose token is this, where does that room stand) are plain functions here, as they
are parameters there; Kafka's place is taken by calls of `apply`.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import aiohttp
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from services.access_tokens import AccessToken
from services.problems import Code, Problem
from services.realtime import connection
from services.realtime.actions import Limits
from services.realtime.feed import FeedHealth
from services.realtime.records import RoomEvent, SessionEnded
from services.realtime.room import LogPage, RoomPosition
from services.realtime.subscriptions import Subscriptions
from services.realtime.websocket import SocketServer

ROOM = "0198c0de-0000-7000-8000-000000000001"
FOREIGN_ROOM = "0198c0de-0000-7000-8000-00000000000f"
JOIN = json.dumps({"type": "JOIN_ROOM", "payload": [{"name": ROOM}]})
WELL = FeedHealth(positioned=True, trouble=None, positions={"t/0": 7}, records=3, skipped=1)
WITHIN_S = 5.0


@dataclass
class Stage:
    """A server, what it is told by others, and its clients' way in."""

    limits: Limits = field(default_factory=Limits)
    origins: frozenset[str] = frozenset({"*"})
    health: FeedHealth = WELL
    lifetime_s: float = 900
    ping_interval_s: int = 15
    sockets_max: int = 1_000
    log_end: int = 1
    logged: str = "hi"
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    sockets: SocketServer = field(init=False)
    port: int = field(init=False)

    async def admit(self, token: str) -> AccessToken:
        if token == "unreachable":
            raise Problem(Code.UNAVAILABLE, "permissions cannot be decided now")
        if token == "unlucky":
            self.health = replace(WELL, positioned=False, trouble="events were missed")
        if token == "expired":
            raise Problem(Code.UNAUTHENTICATED, "The access token has expired.")
        return AccessToken(f"account-{token}", f"session-{token}", 1, time.time() + self.lifetime_s)

    async def position(self, token: str, access: AccessToken, room_id: str) -> RoomPosition:
        await self.may_answer.wait()
        if room_id == FOREIGN_ROOM:
            raise Problem(Code.FORBIDDEN, "only members may join this room")
        return RoomPosition(1, 1)

    async def page(self, token: str, access: AccessToken, room_id: str, after: int) -> LogPage:
        payload = json.dumps({"id": "m", "senderId": "a", "content": self.logged})
        wanted = range(after + 1, min(after + 32, self.log_end) + 1)
        events = tuple(RoomEvent(ROOM, at, "message.created", payload, "2026-11-24T10:00:00Z") for at in wanted)
        return LogPage(RoomPosition(self.log_end, 1), 0, events)

    @asynccontextmanager
    async def running(self, drain_s: float = 2.0) -> "AsyncIterator[Stage]":
        self.may_answer.set()
        rules: Subscriptions[connection.Connection] = Subscriptions(self.limits)
        self.sockets = SocketServer(
            rules,
            self.admit,
            self.position,
            self.page,
            lambda: self.health,
            self.origins,
            self.ping_interval_s,
            self.sockets_max,
        )
        async with self.sockets.serving("127.0.0.1", 0, drain_s) as server:
            self.port = server.sockets[0].getsockname()[1]
            yield self

    def connect(self, token: str | None = "SuperDuperUser%20ann", **options: object) -> "connect":
        query = "" if token is None else f"?token={token}"
        return connect(f"ws://127.0.0.1:{self.port}/{query}", proxy=None, **options)  # type: ignore[arg-type]

    async def health_page(self) -> tuple[int, str, dict[str, object]]:
        async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{self.port}/healthz") as answer:
            return answer.status, answer.content_type, json.loads(await answer.read())

    async def until(self, reached: Callable[[dict[str, object]], bool]) -> None:
        """Wait for the health page to show something."""
        async with asyncio.timeout(WITHIN_S):
            while not reached((await self.health_page())[2]):  # noqa: ASYNC110 - the server is asked, as by a probe
                await asyncio.sleep(0.01)

    def happen(self, sequence: int, content: str = "hi") -> None:
        payload = json.dumps({"id": f"m-{sequence}", "senderId": "a", "content": content})
        self.sockets.apply(RoomEvent(ROOM, sequence, "message.created", payload, "2026-11-24T10:00:00Z"))


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with Stage().running() as running:
        yield running


async def heard(client: ClientConnection) -> tuple[str, dict[str, object]]:
    async with asyncio.timeout(WITHIN_S):
        frame = json.loads(await client.recv())
    return frame["type"], frame["payload"][0]


async def joined(client: ClientConnection) -> None:
    await client.send(JOIN)
    assert (await heard(client))[0] == "JOINED"


async def close_code(client: ClientConnection) -> int | None:
    """Wait for the server to close; frames that come before are passed over."""
    async with asyncio.timeout(WITHIN_S):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await client.recv()
    return client.close_code


async def test_a_message_reaches_every_member(stage: Stage):
    async with stage.connect("Bearer%20ann") as ann, stage.connect("SuperDuperUser%20bob") as bob:
        await joined(ann)
        await joined(bob)
        stage.happen(2, "مرحبا 😀")

        expected = {
            "type": "message",
            "content": {"senderId": "a", "content": "مرحبا 😀"},
            "id": "m-2",
            "roomId": ROOM,
            "sequence": 2,
            "createdAt": "2026-11-24T10:00:00Z",
        }
        assert [await heard(ann), await heard(bob)] == [("MESSAGE", expected)] * 2


@pytest.mark.parametrize("length", [0, 100, 125, 126, 4_000, 70_000])
async def test_frames_of_every_length_arrive_whole_and_in_order(stage: Stage, length: int):
    """The header of a frame has three forms, by length."""
    async with stage.connect() as ann:
        await joined(ann)
        stage.happen(2, "x" * length)
        stage.happen(3, "next")

        texts = [(await heard(ann))[1]["content"], (await heard(ann))[1]["content"]]
        assert texts == [{"senderId": "a", "content": "x" * length}, {"senderId": "a", "content": "next"}]


async def test_the_token_may_come_in_the_header(stage: Stage):
    async with stage.connect(None, additional_headers={"Authorization": "SuperDuperUser ann"}) as ann:
        await joined(ann)


@pytest.mark.parametrize(
    ("token", "status", "reason"),
    [
        (None, 401, "No access token"),
        ("ann", 401, "must follow a scheme"),
        ("Bearer%20expired", 401, "The access token has expired."),
        ("Bearer%20unreachable", 503, "permissions cannot be decided now"),
    ],
)
async def test_a_bad_token_is_refused_before_the_upgrade(stage: Stage, token: str | None, status: int, reason: str):
    with pytest.raises(InvalidStatus) as caught:
        await stage.connect(token)

    assert caught.value.response.status_code == status
    assert reason in caught.value.response.headers["X-WebSocket-Reject-Reason"]


async def test_a_foreign_origin_is_refused_before_its_token_is_looked_at():
    async with Stage(origins=frozenset({"http://localhost:4000"})).running() as stage:
        with pytest.raises(InvalidStatus) as caught:
            await stage.connect("Bearer%20expired", origin="https://evil.example")
        async with stage.connect(origin="http://localhost:4000") as accepted:
            await joined(accepted)

    assert caught.value.response.status_code == 403


async def test_nobody_is_let_in_before_events_can_be_read():
    unpositioned = replace(WELL, positioned=False, trouble="Kafka was not reached yet")
    async with Stage(health=unpositioned).running() as stage:
        with pytest.raises(InvalidStatus) as caught:
            await stage.connect()

    assert caught.value.response.status_code == 503


async def test_an_outage_of_kafka_keeps_sockets_and_lets_new_ones_in(stage: Stage):
    async with stage.connect() as ann:
        stage.health = replace(WELL, trouble="Kafka has not answered")
        async with stage.connect("Bearer%20bob") as bob:
            await joined(ann)
            await joined(bob)


async def test_a_request_that_is_no_upgrade_is_told_so(stage: Stage):
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{stage.port}/") as answer:
        assert answer.status == 426


async def test_health_tells_where_things_stand(stage: Stage):
    async with stage.connect() as ann:
        await joined(ann)
        page = await stage.health_page()

    expected = {
        "status": "ok",
        "reason": None,
        "sockets": 1,
        "rooms": 1,
        "holes": 0,
        "records": 3,
        "skipped": 1,
        "positions": {"t/0": 7},
    }
    assert page == (200, "application/json", expected)


async def test_health_gives_the_reason_when_events_do_not_arrive(stage: Stage):
    stage.health = replace(WELL, trouble="Kafka has not answered")

    status, _, page = await stage.health_page()

    assert (status, page["status"], page["reason"]) == (503, "unavailable", "Kafka has not answered")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x00", "Binary messages are not supported"),
        ("hello", "The frame is not JSON"),
        ("[]", "wrong shape"),
        ('{"type":"DANCE","payload":[]}', "the types are JOIN_ROOM, LEAVE_ROOM"),
        ('{"type":"JOIN_ROOM","payload":[{"name":"lobby"}]}', "is not a room id"),
        ("[" * 60_000, "wrong shape"),
        (["[", "]"], "wrong shape"),
    ],
)
async def test_nonsense_gets_an_error_frame_and_the_socket_goes_on(stage: Stage, data: str | bytes, reason: str):
    async with stage.connect() as ann:
        await ann.send(data)
        kind, payload = await heard(ann)
        await joined(ann)

    assert (kind, payload["code"]) == ("ERROR", "INVALID_ARGUMENT")
    assert reason in str(payload["reason"])


async def test_who_is_no_member_is_told_so_and_the_socket_goes_on(stage: Stage):
    async with stage.connect() as ann:
        await ann.send(JOIN.replace(ROOM, FOREIGN_ROOM))
        answer = await heard(ann)
        await joined(ann)

    reason = f"Unauthorized to join {FOREIGN_ROOM}"
    assert answer == ("ERROR", {"reason": reason, "code": "FORBIDDEN", "roomId": FOREIGN_ROOM})


@pytest.mark.parametrize(("length", "code"), [(64 * 1024, None), (64 * 1024 + 1, 1009)])
async def test_an_over_long_frame_ends_the_socket(stage: Stage, length: int, code: int | None):
    async with stage.connect() as ann:
        await ann.send("x" * length)
        if code is None:
            assert (await heard(ann))[0] == "ERROR"
        else:
            assert await close_code(ann) == code


async def test_frames_that_come_with_the_handshake_are_not_lost(stage: Stage):
    """A client that does not wait for the upgrade's answer is early, not ignored."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
    request = (
        "GET /?token=Bearer%20ann HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    writer.write(request.encode() + Frame(Opcode.TEXT, JOIN.encode()).serialize(mask=True))
    async with asyncio.timeout(WITHIN_S):
        await reader.readuntil(b"\r\n\r\n")
        frame = await reader.readuntil(b"]}")
    writer.close()

    assert b'{"type":"JOINED"' in frame


async def test_a_join_that_waits_holds_up_nothing_else(stage: Stage):
    async with stage.connect() as ann:
        await joined(ann)
        stage.may_answer.clear()
        await ann.send(JOIN.replace(ROOM, FOREIGN_ROOM))
        await ann.send(JOIN)
        assert (await heard(ann))[0] == "JOINED"
        stage.happen(2)
        assert (await heard(ann))[0] == "MESSAGE"
        stage.may_answer.set()
        assert (await heard(ann))[1]["code"] == "FORBIDDEN"


async def test_what_happens_while_a_join_waits_is_delivered_after_its_answer(stage: Stage):
    async with stage.connect() as ann:
        stage.may_answer.clear()
        await ann.send(JOIN)
        await stage.until(lambda page: page["rooms"] == 1)
        stage.happen(2)
        stage.may_answer.set()

        assert [(await heard(ann))[0], (await heard(ann))[1]["sequence"]] == ["JOINED", 2]


async def test_a_revoked_session_is_closed_with_4401(stage: Stage):
    async with stage.connect() as ann, stage.connect("Bearer%20bob") as bob:
        await joined(ann)
        await joined(bob)
        stage.sockets.apply(SessionEnded("session-ann"))

        assert await close_code(ann) == 4401
        stage.happen(2)
        assert (await heard(bob))[0] == "MESSAGE"


async def test_an_expired_token_is_closed_with_4401():
    async with Stage(lifetime_s=0.2).running() as stage, stage.connect() as ann:
        assert await close_code(ann) == 4401


async def test_who_sends_too_much_is_told_and_closed():
    async with Stage(Limits(frames_per_s=1, frames_burst=3)).running() as stage, stage.connect() as ann:
        for _ in range(5):
            await ann.send("x")
        codes = [(await heard(ann))[1]["code"] for _ in range(4)]

        assert codes == ["INVALID_ARGUMENT"] * 3 + ["RESOURCE_EXHAUSTED"]
        assert await close_code(ann) == 1008


def stop_reading(client: ClientConnection) -> None:
    client.transport.pause_reading()


async def test_a_socket_that_does_not_read_is_forgotten_and_hurts_nobody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "CLOSE_GRACE_S", 0.2)
    limits = Limits(outbound_bytes_max=256 * 1024)
    async with Stage(limits).running() as stage, stage.connect(max_queue=None) as slow, stage.connect() as quick:
        await joined(slow)
        await joined(quick)
        stop_reading(slow)
        sequence = 1
        while (await stage.health_page())[2]["sockets"] == 2:
            sequence += 1
            stage.happen(sequence, "x" * 60_000)
            assert (await heard(quick))[1]["sequence"] == sequence
            assert sequence < 1_000, "a socket that reads nothing was never dropped"
        stage.happen(sequence + 1)
        assert (await heard(quick))[1]["sequence"] == sequence + 1

        slow.transport.resume_reading()
        assert await close_code(slow) in (4408, 1006)  # 1006: cut before it came to read the close frame


async def test_a_slow_socket_that_reads_on_learns_that_it_was_too_slow():
    limits = Limits(outbound_bytes_max=256 * 1024)
    async with Stage(limits).running() as stage, stage.connect(max_queue=None, max_size=None) as slow:
        await joined(slow)
        stop_reading(slow)
        for sequence in range(2, 200):
            stage.happen(sequence, "x" * 60_000)
        slow.transport.resume_reading()

        assert await close_code(slow) == 4408


async def test_a_stop_sends_everybody_away_with_1012():
    async with Stage().running() as stage:
        ann = await stage.connect()
        await joined(ann)
        leaving = asyncio.create_task(close_code(ann))

    assert await leaving == 1012


async def test_a_stop_does_not_wait_for_who_does_not_answer():
    async with Stage().running(drain_s=0.3) as stage:
        ann = await stage.connect()
        await joined(ann)
        stop_reading(ann)
        began_s = time.monotonic()

    assert time.monotonic() - began_s < 2.0
    ann.transport.abort()


async def test_a_stop_does_not_wait_for_a_join():
    async with Stage().running() as stage:
        ann = await stage.connect()
        stage.may_answer.clear()
        await ann.send(JOIN)
        await stage.until(lambda page: page["rooms"] == 1)
        leaving = asyncio.create_task(close_code(ann))

    assert await leaving == 1012


async def test_missed_events_send_everybody_away_to_join_again(stage: Stage):
    async with stage.connect() as ann:
        await joined(ann)
        stage.sockets.missed()

        assert await close_code(ann) == 1012


async def test_who_is_let_in_while_the_place_is_lost_is_sent_away_too(stage: Stage):
    async with stage.connect("Bearer%20unlucky") as ann:
        assert await close_code(ann) == 1012


async def test_a_long_log_is_replayed_whole_whatever_the_client_s_pace():
    """Ten times what a socket may leave unread, to a client that begins to read late."""
    async with Stage(log_end=2_500, logged="x" * 4_000).running() as stage, stage.connect() as ann:
        await ann.send(json.dumps({"type": "JOIN_ROOM", "payload": [{"name": ROOM, "after": 0}]}))
        kind, first = await heard(ann)
        seen = [(await heard(ann))[1]["sequence"] for _ in range(2_500)]

    assert ("JOINED", 0) == (kind, first["sequence"])
    assert list(range(1, 2_501)) == seen


async def test_a_peer_that_is_gone_is_found():
    """No pong for a whole interval: the connection is cut, though TCP knows nothing of it."""
    async with Stage(ping_interval_s=1).running() as stage:
        reader, writer = await asyncio.open_connection("127.0.0.1", stage.port)
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        head = "GET /?token=Bearer%20ann HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{head}Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        async with asyncio.timeout(WITHIN_S):
            await reader.readuntil(b"\r\n\r\n")
            rest = b""
            with contextlib.suppress(ConnectionError):
                rest = await reader.read()
        writer.close()

    assert rest.startswith(b"\x89\x00")


async def test_a_peer_that_answers_pings_stays():
    """Three intervals of silence but for pongs."""
    async with Stage(ping_interval_s=1).running() as stage, stage.connect() as ann:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ann.recv(), 3.2)
        await joined(ann)


async def test_one_socket_too_many_is_refused_before_the_upgrade():
    """With 503, so that a balancer tries elsewhere."""
    async with Stage(sockets_max=1).running() as stage, stage.connect() as ann:
        await joined(ann)
        with pytest.raises(InvalidStatus) as refused:
            async with stage.connect():
                pass

    assert refused.value.response.status_code == 503
