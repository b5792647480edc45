"""OPA, with our policies and the data that change capture brought, answers as those who ask it rely on: cases.json.

The same cases drive the tests of those who ask (tests/unit/services/test_policy_promises.py), against a stub of them.
"""

import asyncio
from pathlib import Path

import jwt
import pytest

from stack import rest
from veigo.contracts.cases import differences, filled, loaded
from veigo.contracts.cast import AUTHENTICATION, ROOMS, told

CASES = loaded(Path(__file__).with_name("cases.json"))
CAUGHT_UP_S_MAX = 15.0


@pytest.fixture(scope="module")
async def bound(rpc, cast):
    """What cases speak of: a room as it stands, a session that is good and one that was ended."""
    await cast.enter("zoe")
    sessions = {name: jwt.decode(cast.tokens[name], options={"verify_signature": False}) for name in ("bob", "zoe")}
    await told(rpc, f"{AUTHENTICATION}/SignOut", {}, cast.tokens["zoe"])
    room = await cast.room("ann")
    position = await told(rpc, f"{ROOMS}/GetRoomPosition", {"roomId": room}, cast.tokens["bob"])
    version = int(position["membershipVersion"])
    good, ended = sessions["bob"], sessions["zoe"]
    return cast.bound | {
        "room": room,
        "room version": version,
        "version to come": version + 1_000,
        "session": good["sid"],
        "session version": good["sv"],
        "ended session": ended["sid"],
        "ended session version": ended["sv"] + 1,
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
async def test_the_promise_is_kept(case, bound, stack):
    """As soon as the data has caught up."""
    question = {"input": filled(case["question"], bound)}
    async with asyncio.timeout(CAUGHT_UP_S_MAX):
        while True:
            answer = await rest.request(stack.nodes["opa"], "POST", f"/v1/data/{case['policy']}/decision", question)
            found = list(differences(case["answer"], answer["result"], bound))
            if not found or answer["result"]["outcome"] != "stale":
                break
            await asyncio.sleep(0.05)

    assert [] == found
