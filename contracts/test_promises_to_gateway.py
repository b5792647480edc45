"""Each service keeps to the gateway what the gateway relies on: contracts/gateway_*/cases.json, case by case.

The same cases drive the gateway's own test (tests/unit/services/gateway/test_promises.py), against a stub of them.
"""

import asyncio
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToDict

from veigo.contracts.cases import differences, filled, loaded
from veigo.contracts.cast import Cast
from veigo.contracts.rpc_reply import Refusal

EDGES = ("gateway_chat", "gateway_authentication", "gateway_aggregator")
CASES = [
    pytest.param(case, id=f"{edge}: {case['case']}")
    for edge in EDGES
    for case in loaded(Path(__file__).parent / edge / "cases.json")
]
CAUGHT_UP_S_MAX = 15.0  # for what change capture brings


@pytest.mark.parametrize("case", CASES)
async def test_the_promise_is_kept(case, rpc, cast):
    stage = await Cast.assembled(rpc) if case.get("given") == "fresh" else cast
    request = filled(case["request"], stage.bound)
    answer = await rpc.call(case["rpc"], request, stage.tokens[case["as"]])
    if "refusal" in case:
        assert isinstance(answer, Refusal), answer
        assert (case["refusal"]["code"], tuple(case["refusal"].get("fields", ()))) == (answer.code, answer.fields)
        return
    async with asyncio.timeout(CAUGHT_UP_S_MAX):
        while found := differing(case, answer, stage):
            if "aggregator" not in case["rpc"]:
                pytest.fail(f"{found}; it answered {answer}")
            await asyncio.sleep(0.05)
            answer = await rpc.call(case["rpc"], request, stage.tokens[case["as"]])


def differing(case, answer, stage):
    """Return where an answer is not what its case promises."""
    if isinstance(answer, Refusal):
        return [str(answer)]
    return list(differences(case["reply"], MessageToDict(answer), stage.bound))
