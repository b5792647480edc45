"""The table of endings: what the asker may conclude from each."""

import asyncio

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from veigo.client.graphql import Unintelligible
from veigo.outcome import Outcome, Refused, outcome_of

NOBODY_THERE = aiohttp.ClientConnectorError(
    ConnectionKey("127.0.0.1", 1, False, True, None, None, None), OSError("connection refused")
)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, Outcome.OK),
        # The stack said no, and a no of this kind changes nothing.
        (Refused("UNAUTHENTICATED", ""), Outcome.FAILED),
        (Refused("FORBIDDEN", ""), Outcome.FAILED),
        (Refused("NOT_FOUND", ""), Outcome.FAILED),
        (Refused("INVALID_ARGUMENT", ""), Outcome.FAILED),
        (Refused("ALREADY_EXISTS", ""), Outcome.FAILED),
        (Refused("RESOURCE_EXHAUSTED", ""), Outcome.FAILED),
        (Refused("ABORTED", ""), Outcome.FAILED),
        # The stack said something that can come from behind the commit.
        (Refused("UNAVAILABLE", ""), Outcome.UNKNOWN),
        (Refused("DEADLINE_EXCEEDED", ""), Outcome.UNKNOWN),
        (Refused("INTERNAL", ""), Outcome.UNKNOWN),
        (Refused("UNKNOWN", ""), Outcome.UNKNOWN),
        (Refused("A_CODE_OF_TOMORROW", ""), Outcome.UNKNOWN),
        # Nothing was sent.
        (NOBODY_THERE, Outcome.FAILED),
        (ConnectionRefusedError(), Outcome.FAILED),
        # Something was sent, and nothing came back.
        (TimeoutError(), Outcome.UNKNOWN),
        (asyncio.CancelledError(), Outcome.UNKNOWN),
        (ConnectionResetError(), Outcome.UNKNOWN),
        (aiohttp.ServerDisconnectedError(), Outcome.UNKNOWN),
        (aiohttp.ServerTimeoutError(), Outcome.UNKNOWN),
        (aiohttp.ClientPayloadError(), Outcome.UNKNOWN),
        (Unintelligible(), Outcome.UNKNOWN),
        (RuntimeError(), Outcome.UNKNOWN),
    ],
    ids=repr,
)
def test_how_an_operation_ended(error, outcome):
    assert outcome_of(error) == outcome
