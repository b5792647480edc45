"""A room's events as a subscriber gets them, whatever becomes of the realtimes they come from."""

import asyncio
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed

from services.gateway import event_queue
from services.gateway.rooms import UPSTREAMS_MAX
from unit.services.gateway.fake_realtime import WAIT_S
from unit.services.gateway.graphql_client import OTHER, ROOM


async def test_events_come_in_order_after_where_it_was_joined(gateway):
    async with gateway.listening() as (client, carried):
        await carried.write(ROOM, 5, 6)
        await carried.say("MEMBER_ADDED", roomId=ROOM, sequence=7, memberId="b")

        assert [("message_created", 5), ("message_created", 6), ("member_added", 7)] == await client.places(3)


async def test_after_is_asked_of_realtime(gateway):
    async with gateway.client() as client:
        await client.init()
        carried = await gateway.realtime.carried()
        await client.subscribe(room=ROOM.upper(), after=17)

        assert ("JOIN_ROOM", {"name": ROOM, "after": 17}) == await carried.asked()


async def test_rooms_share_one_socket(gateway):
    async with gateway.listening() as (client, carried):
        await client.subscribe("2", room=OTHER)
        await carried.asked()
        await carried.say("JOINED", roomId=OTHER, sequence=1, membershipVersion=1)
        await carried.write(OTHER, 2)
        await carried.write(ROOM, 5)

        assert "joined" == (await client.event("2"))["type"]
        assert 2 == (await client.event("2"))["sequence"]
        assert 5 == (await client.event("1"))["sequence"]


async def test_the_same_room_from_another_place_has_a_socket_of_its_own(gateway):
    async with gateway.listening() as (client, carried):
        await client.subscribe("2", room=ROOM, after=0)
        second = await gateway.realtime.carried()
        asked = await second.asked()
        await second.say("JOINED", roomId=ROOM, sequence=0, membershipVersion=1)
        joined = await client.event("2")
        await second.write(ROOM, 1)
        replayed = await client.event("2")
        await carried.write(ROOM, 5)
        live = await client.event("1")
        await client.say("complete", id="2")
        await second.connection.wait_closed()

    assert ("JOIN_ROOM", {"name": ROOM, "after": 0}) == asked
    assert ["joined", "message_created"] == [joined["type"], replayed["type"]]
    assert 5 == live["sequence"]


async def test_the_same_room_too_often_is_refused(gateway):
    async with gateway.client() as client:
        await client.init()
        for number in range(UPSTREAMS_MAX + 1):
            await client.subscribe(str(number), room=ROOM)
        refused = await client.hear()

    assert ("error", str(UPSTREAMS_MAX)) == (refused["type"], refused["id"])
    assert "RESOURCE_EXHAUSTED" == refused["payload"][0]["extensions"]["code"]


async def test_complete_leaves_the_room_and_its_last_frames_reach_nobody(gateway):
    """Joined again before realtime has answered, it is another subscription on another socket."""
    async with gateway.listening() as (client, carried):
        await client.say("complete", id="1")
        asked = await carried.asked()
        await client.subscribe("1", room=ROOM, after=4)
        again = await gateway.realtime.carried()
        await again.asked()
        await carried.write(ROOM, 5)
        await carried.say("LEFT", roomId=ROOM)
        await again.say("JOINED", roomId=ROOM, sequence=4, membershipVersion=1)
        await again.write(ROOM, 5)

        assert ("LEAVE_ROOM", {"name": ROOM}) == asked
        assert [("joined", 4), ("message_created", 5)] == await client.places(2)


async def test_a_removal_is_told_and_completes(gateway):
    async with gateway.listening() as (client, carried):
        await carried.say("MEMBER_REMOVED", roomId=ROOM, sequence=5, memberId="me")
        await carried.say("LEFT", roomId=ROOM, sequence=5, reason="you are no longer a member")

        assert [("member_removed", 5), ("left", 5)] == await client.places(2)
        assert {"id": "1", "type": "complete"} == await client.hear()


async def test_a_refused_room_is_an_error_with_its_code(gateway):
    async with gateway.client() as client:
        await client.init()
        carried = await gateway.realtime.carried()
        await client.subscribe(room=ROOM)
        await carried.asked()
        await carried.say("ERROR", code="FORBIDDEN", reason=f"Unauthorized to join {ROOM}", roomId=ROOM)
        refused = await client.hear()

    assert {
        "id": "1",
        "type": "error",
        "payload": [{"message": f"Unauthorized to join {ROOM}", "extensions": {"code": "FORBIDDEN"}}],
    } == refused


async def test_a_client_that_leaves_takes_its_socket_along(gateway):
    async with gateway.listening() as (_, carried):
        pass
    async with asyncio.timeout(WAIT_S):
        await carried.connection.wait_closed()

    assert 1000 == carried.connection.close_code


# When something is lost


@pytest.mark.parametrize("code", [1012, 1011, 1001])
async def test_a_lost_realtime_is_replaced_and_nobody_notices(gateway, code):
    """The next one is asked for what comes after the last event that was passed on."""
    async with gateway.listening() as (client, carried):
        await carried.write(ROOM, 5)
        await carried.close(code, "the service restarts; connect again")
        again = await gateway.realtime.carried()
        asked = await again.asked()
        await again.say("JOINED", roomId=ROOM, sequence=5, membershipVersion=1)
        await again.write(ROOM, 6)

        assert ("JOIN_ROOM", {"name": ROOM, "after": 5}) == asked
        assert [("message_created", 5), ("message_created", 6)] == await client.places(2)


async def test_another_realtime_takes_over_from_one_that_is_stopped(gateway_with):
    async with gateway_with(2) as gateway, gateway.listening() as (client, _):
        await gateway.realtimes[0].stop()
        again = await gateway.realtimes[1].carried()
        asked = await again.asked()
        await again.say("JOINED", roomId=ROOM, sequence=4, membershipVersion=1)
        await again.write(ROOM, 5)

        assert ("JOIN_ROOM", {"name": ROOM, "after": 4}) == asked
        assert [("message_created", 5)] == await client.places(1)


async def test_a_realtime_that_refuses_for_now_is_asked_again(gateway):
    async with gateway.listening() as (client, carried):
        gateway.realtime.refusing = (503, "Events cannot be read yet")
        await carried.close(1012)
        gateway.realtime.refusing = None
        again = await gateway.realtime.carried()
        await again.asked()
        await again.say("ERROR", code="UNAVAILABLE", reason="chat is away", roomId=ROOM)
        asked = await again.asked()
        await again.say("JOINED", roomId=ROOM, sequence=4, membershipVersion=1)
        await again.write(ROOM, 5)

        assert ("JOIN_ROOM", {"name": ROOM, "after": 4}) == asked
        assert [("message_created", 5)] == await client.places(1)


async def test_a_membership_that_ended_meanwhile_is_an_error(gateway):
    async with gateway.listening() as (client, carried):
        await carried.close(1012)
        again = await gateway.realtime.carried()
        await again.asked()
        await again.say("ERROR", code="FORBIDDEN", reason="Unauthorized", roomId=ROOM)
        told = [await client.hear(), await client.hear()]

    assert ["next", "complete"] == [message["type"] for message in told]
    assert "FORBIDDEN" == told[0]["payload"]["errors"][0]["extensions"]["code"]


async def test_a_gap_ends_the_subscription_and_leaves_the_room(gateway):
    async with gateway.listening() as (client, carried):
        await carried.write(ROOM, 6)
        told = [await client.hear(), await client.hear()]
        asked = await carried.asked()

    assert "UNAVAILABLE" == told[0]["payload"]["errors"][0]["extensions"]["code"]
    assert ("LEAVE_ROOM", {"name": ROOM}) == asked


async def test_a_realtime_that_finds_the_client_too_slow_is_4480_and_says_resume(gateway):
    async with gateway.listening() as (client, carried):
        await carried.close(4408, "more than 1048576 bytes unread; connect again and resume")
        code, reason = await client.closed()

    assert 4480 == code
    assert "`after`" in reason


async def test_a_client_that_does_not_read_holds_realtime_back_and_is_sent_away(gateway_with, monkeypatch):
    """What is kept for it is bounded; when it has not read for too long it is told to come back and resume."""
    monkeypatch.setattr(event_queue, "STALLED_S_MAX", 0.5)
    monkeypatch.setattr("services.gateway.server.CLOSE_GRACE_S", 0.5)
    async with gateway_with() as gateway, gateway.listening() as (client, carried):
        client.connection.transport.pause_reading()
        words = {"senderId": "s", "content": "x" * 16_000}
        written = 4
        with suppress(ConnectionClosed):
            while written < 20_000:
                written += 1
                async with asyncio.timeout(WAIT_S):
                    await carried.say("MESSAGE", content=words, id="m", roomId=ROOM, sequence=written)
        kept_max = 4_000  # of 16 kB: ours, the library's and the kernel's buffers, on both sides
        client.connection.transport.abort()

    assert written < kept_max


async def test_one_that_reads_late_gets_everything(gateway):
    """Held back is not lost."""
    count = 400
    async with gateway.listening() as (client, carried):
        client.connection.transport.pause_reading()
        writing = asyncio.create_task(carried.write(ROOM, *range(5, 5 + count)))
        await asyncio.sleep(0)
        client.connection.transport.resume_reading()
        places = await client.places(count)
        await writing

    assert [("message_created", sequence) for sequence in range(5, 5 + count)] == places


async def test_a_stopped_gateway_says_1012_and_how_to_go_on(gateway):
    async with gateway.listening() as (client, carried):
        stop = asyncio.create_task(gateway.serving.stop())
        code, reason = await client.closed()
        await stop
        await carried.connection.wait_closed()

    assert 1012 == code
    assert "`after`" in reason


async def test_nobody_to_connect_to_is_unavailable(gateway_with, monkeypatch):
    """Told after a bounded while; the connection stays, for queries and for trying again."""
    monkeypatch.setattr("services.gateway.upstream.RECONNECT_S_MAX", 0.2)
    async with gateway_with() as gateway, gateway.client() as client:
        gateway.realtime.refusing = (503, "not now")
        await client.init()
        await client.subscribe(room=ROOM)
        refused = await client.hear()
        gateway.realtime.refusing = None
        await client.subscribe(room=ROOM)
        carried = await gateway.realtime.carried()
        await carried.asked()
        await carried.say("JOINED", roomId=ROOM, sequence=4, membershipVersion=1)

        assert ("error", "UNAVAILABLE") == (refused["type"], refused["payload"][0]["extensions"]["code"])
        assert [("joined", 4)] == await client.places(1)


async def test_frames_of_a_later_version_do_not_end_what_goes_on_beside_them(gateway):
    """Types nobody here knows, in shapes nobody here knows: with a place they are events, without one they are not."""
    async with gateway.listening() as (client, carried):
        await carried.connection.send('{"type":"TYPING","payload":{"who":["b"]}}')
        await carried.say("PAINTED", roomId=ROOM, sequence=5, content="green", id=7)
        await carried.write(ROOM, 6)

        assert [("room_event", 5), ("message_created", 6)] == await client.places(2)
