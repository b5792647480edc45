"""chat and realtime against exactly the decisions they say they rely on (contracts/services_opa/cases.json).

Each case is asked by the real code of who relies on it, word for word; a question that no case covers fails. The live
tests in contracts/ hold OPA, our policies and the aggregator's data to the very same cases.
"""

import json
import time
from contextlib import AsyncExitStack
from pathlib import Path

import grpc
import pytest
from aiohttp import web

from protos.veigo.chat.v1 import chat_pb2, chat_pb2_grpc
from services.access_tokens import AccessToken
from services.chat.authorization import Authorization, Caller
from services.decisions import DecisionPoint
from services.problems import Problem
from services.realtime.joining import Admission
from veigo.contracts.cases import filled, loaded
from veigo.contracts.stub import LATER

CASES = loaded(Path(__file__).parents[3] / "contracts" / "services_opa" / "cases.json")
IDS = {name: f"0191c2a4-7a3e-7c51-9d7e-{number:012x}" for number, name in enumerate(("bob", "ann", "eve", "room"))}
BOUND = IDS | {"session": "s1", "session version": 1, "ended session": "s2", "ended session version": 2}
BOUND |= {"room version": 3, "version to come": 1_003}
EACH = [pytest.param(case, by, id=f"{by}: {case['case']}") for case in CASES for by in case["asked_by"]]


class Opa:
    """Answers what cases cover as they say, and notes what none covers."""

    def __init__(self):
        self.uncovered = []
        self.used = set()

    async def decide(self, request):
        policy, body = request.match_info["policy"], json.loads(await request.read())
        for case in CASES:
            if policy == case["policy"] and body == {"input": filled(case["question"], BOUND)}:
                self.used.add(case["case"])
                later = {"later": {"why": ["x"]}}  # what a newer policy may add concerns nobody
                return web.json_response({"result": filled(case["answer"], BOUND) | later, "decision_id": "d"})
        self.uncovered.append((policy, body))
        return web.json_response({})


class Rooms(chat_pb2_grpc.RoomServiceServicer):
    """Says where the room stands."""

    def __init__(self, version):
        self.version = version

    async def GetRoomPosition(self, request, context):
        reply = chat_pb2.GetRoomPositionResponse(last_sequence=self.version, membership_version=self.version)
        return chat_pb2.GetRoomPositionResponse.FromString(reply.SerializeToString() + LATER)  # concerns nobody


class Verifier:
    """Whatever the token, it is this one."""

    def __init__(self, access):
        self.access = access

    async def verify(self, token):
        return self.access


@pytest.fixture
async def opa():
    return Opa()


@pytest.fixture
async def decisions(opa):
    application = web.Application()
    application.router.add_post("/v1/data/{policy}/decision", opa.decide)
    async with AsyncExitStack() as stack:
        runner = web.AppRunner(application)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield await stack.enter_async_context(DecisionPoint(f"http://127.0.0.1:{port}", wait_s=0.05))


async def asked_by_chat(case, access, decisions):
    """Ask as the RPCs of chat do."""
    question = filled(case["question"], BOUND)

    async def version(_):
        return question["room"]["version"]

    async def change(_):
        return "done"

    chat, caller = Authorization(Verifier(access), decisions, version), Caller(access, None)
    if case["policy"] == "use_access_token":
        await chat.check_session(caller)
    elif case["policy"] == "read_room":
        await chat.check_room("read_room", caller, IDS["room"], "no")
    else:
        about = {"message": question["message"]} if "message" in question else None
        await chat.change_room(case["policy"], caller, IDS["room"], "no", change, about)


async def asked_by_realtime(case, access, decisions):
    """Ask as a handshake, or a join, does."""
    if case["policy"] == "use_access_token":
        async with grpc.aio.insecure_channel("127.0.0.1:1") as nobody:
            await Admission(Verifier(access), decisions, nobody).admit("token")
        return
    server = grpc.aio.server()
    chat_pb2_grpc.add_RoomServiceServicer_to_server(Rooms(filled(case["question"], BOUND)["room"]["version"]), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as chat:
            await Admission(Verifier(access), decisions, chat).position("token", access, IDS["room"])
    finally:
        await server.stop(None)


ASKING = {"chat": asked_by_chat, "realtime": asked_by_realtime}


@pytest.mark.parametrize(("case", "by"), EACH)
async def test_who_asks_does_with_the_answer_what_its_case_says(case, by, opa, decisions):
    question = filled(case["question"], BOUND)
    session = question["session"]
    access = AccessToken(question.get("user", IDS["bob"]), session["id"], session["version"], time.time() + 900)
    came = "granted"
    try:
        await ASKING[by](case, access, decisions)
    except Problem as problem:
        came = problem.code.value

    assert [] == opa.uncovered
    assert {case["case"]} == opa.used
    assert case["then"] == came
