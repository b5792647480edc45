"""A user writes down every step with its ending, and never a secret."""

import asyncio

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from veigo.client.graphql import GraphQL
from veigo.client.session import StepFailed, User, must
from veigo.history import History, Operation
from veigo.outcome import Outcome

ANSWERS = {
    "SignUp": {
        "SignUpAndCreateProfile": {"account": {"id": "a-1"}, "token": {"access": "s3cret", "refresh": "r3fresh"}}
    },
    "CreateRoom": {
        "CreateRoom": {"information": {"id": "hall"}, "members": [{"memberId": "a-1"}, {"memberId": "a-2"}]}
    },
    "ListMessages": {
        "ListMessages": {"records": [{"id": "m1", "content": "x", "senderId": "a-1"}], "metadata": {"hasMore": False}}
    },
    "UpdateMessage": {"UpdateMessage": {"id": "m1", "sequence": 9}},
    "DeleteMessage": {"DeleteMessage": {"id": "m1", "sequence": 9}},
    "AddMembers": {"AddMembersToRoom": [{"memberId": "a-2"}]},
    "RemoveMember": {"RemoveMemberFromRoom": {"memberId": "a-2"}},
    "LeaveRoom": {"DeleteUserRoom": {"memberId": "a-1"}},
    "SignOut": {"SignOut": {"success": True}},
}


ASKED = web.AppKey("asked", asyncio.Event)


async def answer(request: web.Request) -> web.Response:
    """Stand in for the gateway: a message to `hall` is stored, to `hang` never answered, to elsewhere forbidden."""
    asked = await request.json()
    name = asked["query"].split("(")[0].split()[1]
    if name != "CreateMessage":
        return web.json_response({"data": ANSWERS[name]})
    if request.headers.get("Authorization") != "SuperDuperUser s3cret":
        return web.json_response({"data": None, "errors": [{"message": "", "extensions": {"code": "UNAUTHENTICATED"}}]})
    match asked["variables"]["roomId"]:
        case "hall":
            stored = {"id": asked["variables"]["messageId"], "sequence": 9, "createdAt": "2026-01-01T00:00:00Z"}
            return web.json_response({"data": {"CreateMessage": stored}})
        case "hang":
            request.app[ASKED].set()
            await asyncio.Event().wait()
    return web.json_response({"data": None, "errors": [{"message": "no", "extensions": {"code": "FORBIDDEN"}}]})


@pytest.fixture
def asked() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def url(asked):
    application = web.Application()
    application[ASKED] = asked
    application.router.add_post("/graphql", answer)
    async with TestServer(application) as server:
        yield str(server.make_url("/"))


@pytest.fixture
async def user(url, tmp_path):
    history = History(tmp_path / "history.jsonl")
    graphql = GraphQL(url, timeout_s=0.5)
    user = User("Amina", url, graphql, history, lambda _: None)
    await user.sign_up("amina@example.com", "Password@123", "c-1")
    yield user
    await graphql.close()
    history.close()


def recorded(user: User) -> Operation:
    return user._history.records[-1]


async def test_signing_up_gives_an_id_and_keeps_secrets_out_of_the_history(user, tmp_path):
    user._history.flush()

    assert user.id == recorded(user).user == "a-1"
    assert not any(
        secret in (tmp_path / "history.jsonl").read_text() for secret in ("s3cret", "r3fresh", "Password@123")
    )


async def test_a_room_is_recorded_with_everybody_in_it(user):
    made = await user.create_room("Room 1", ["a-2"])

    assert (made.room, made.members) == ("hall", ["a-1", "a-2"])


async def test_an_acknowledged_send_is_ok_and_has_its_place_and_its_times(user):
    sent = await user.send("hall", "hello", "m1", intended_ns=1)

    assert sent is recorded(user)
    assert (sent.outcome, sent.sequence, sent.message_id, sent.content) == (Outcome.OK, 9, "m1", "hello")
    assert sent.intended_ns == 1 < sent.started_ns < sent.ended_ns


async def test_a_refused_send_has_failed_with_its_code(user):
    sent = await user.send("elsewhere", "hello", "m1", expected=Outcome.FAILED)

    assert (sent.outcome, sent.code) == (Outcome.FAILED, "FORBIDDEN")


async def test_a_send_without_an_answer_is_unknown(user):
    sent = await user.send("hang", "hello", "m1")

    assert (sent.outcome, sent.code) == (Outcome.UNKNOWN, None)
    assert sent.error.startswith("TimeoutError")


async def test_a_send_that_is_cancelled_is_recorded_as_unknown_and_stays_cancelled(user, asked):
    sending = asyncio.create_task(user.send("hang", "hello", "m1"))
    await asked.wait()
    sending.cancel()

    with pytest.raises(asyncio.CancelledError):
        await sending
    assert (recorded(user).message_id, recorded(user).outcome) == ("m1", Outcome.UNKNOWN)


async def test_reading_returns_the_ids_of_a_page(user):
    page = await user.read("hall")

    assert (page.read, page.complete) == (["m1"], True)


async def test_every_change_is_recorded_with_whom_and_what_it_is_about(user):
    changes = [
        await user.edit("hall", "m1", "hello again"),
        await user.delete("hall", "m1"),
        await user.add_members("hall", ["a-2"]),
        await user.remove_member("hall", "a-2"),
        await user.leave_room("hall"),
        await user.sign_out(),
    ]

    assert changes == user._history.records[-6:]
    assert [(each.name, each.room, each.message_id, each.members, each.member, each.outcome) for each in changes] == [
        ("edit", "hall", "m1", None, None, Outcome.OK),
        ("delete", "hall", "m1", None, None, Outcome.OK),
        ("add_members", "hall", None, ["a-2"], None, Outcome.OK),
        ("remove_member", "hall", None, None, "a-2", Outcome.OK),
        ("leave_room", "hall", None, None, "a-1", Outcome.OK),
        ("sign_out", None, None, None, None, Outcome.OK),
    ]


async def test_a_step_others_stand_on_must_go_well(user):
    must(await user.send("hall", "hello", "m1"))
    with pytest.raises(StepFailed, match="FORBIDDEN"):
        must(await user.send("elsewhere", "hello", "m2"))
