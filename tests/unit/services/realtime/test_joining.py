"""Joins while the services that would answer are away: refused, soon, and in words."""

import asyncio
import socket
import time

import pytest

from services import rpc_channel
from services.access_tokens import AccessToken, TokenVerifier
from services.decisions import DecisionPoint
from services.key_sets import fetched_from
from services.problems import Code, Problem
from services.realtime.joining import Admission

ACCESS = AccessToken("account", "session", 1, time.time() + 900)
# The header of a token that names a key: {"alg":"EdDSA","typ":"at+jwt","kid":"k"}; its signature is never reached.
TOKEN = "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCIsImtpZCI6ImsifQ.e30.AA"


@pytest.fixture
def nobody() -> str:
    """An address nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


async def test_unreachable_services_let_nobody_in(nobody: str):
    """Neither the handshake nor a join takes silence for a yes."""
    async with (
        rpc_channel.channel(nobody) as channel,
        DecisionPoint(f"http://{nobody}", wait_s=1) as decisions,
    ):
        admission = Admission(TokenVerifier("veigo", fetched_from(channel)), decisions, channel)
        async with asyncio.timeout(5):
            outcomes = await asyncio.gather(
                admission.admit(TOKEN), admission.position(TOKEN, ACCESS, "room"), return_exceptions=True
            )

    assert [type(outcome) for outcome in outcomes] == [Problem, Problem]
    assert [getattr(outcome, "code", None) for outcome in outcomes] == [Code.UNAVAILABLE] * 2
