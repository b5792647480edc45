"""What a call takes from its HTTP request: the token of the Authorization header, and the trace it belongs to."""

import pytest

from services.gateway.rpc import access_token_of, traceparent_of
from services.problems import Code, Problem

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    "header",
    ["SuperDuperUser ab.c-d_e", "Bearer ab.c-d_e", "bearer ab.c-d_e", "SUPERDUPERUSER   ab.c-d_e", " Bearer ab.c-d_e "],
)
def test_both_schemes_are_understood_in_any_case(header):
    assert access_token_of(header) == "ab.c-d_e"


@pytest.mark.parametrize(
    "header",
    [
        "",
        "ab.c-d_e",
        "Basic ab.c-d_e",
        "Bearer",
        "Bearer ",
        "Bearer a b",
        "Bearer ü",
        "Bearer a\x01",
        "Bearer " + "a" * 5_000,
    ],
)
def test_anything_else_is_unauthenticated_and_worded(header):
    with pytest.raises(Problem, match="Authorization") as caught:
        access_token_of(header)

    assert caught.value.code is Code.UNAUTHENTICATED
    assert "ab.c-d_e" not in caught.value.message


def test_a_trace_goes_on():
    assert traceparent_of(TRACEPARENT) == TRACEPARENT


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        TRACEPARENT.upper(),
        "ff" + TRACEPARENT[2:],
        TRACEPARENT + "x",
    ],
)
def test_where_there_is_none_one_begins_that_nobody_asked_to_record(header):
    begun = traceparent_of(header)

    assert begun != traceparent_of(header)
    assert begun.endswith("-00")
    assert traceparent_of(begun) == begun
