"""A problem comes out of a gRPC call as it went in."""

import grpc
import pytest

from services import rpc_status
from services.problems import Code, Problem


def sent(problem):
    """Return the error a caller gets when a service answers with `problem`."""
    status = rpc_status.rpc_status.to_status(rpc_status.status_of(problem))
    return grpc.aio.AioRpcError(status.code, None, status.trailing_metadata, status.details)


@pytest.mark.parametrize("code", Code)
def test_code_message_and_field_survive_the_wire(code):
    """In google.rpc details, so that any gRPC client can read them."""
    there = Problem(code, "Change this — «él».", "roomId")
    back = rpc_status.problem_of(sent(there))

    assert (there.code, there.message, there.field) == (back.code, back.message, back.field)


def test_a_problem_without_a_field_has_none():
    """No BadRequest detail, no field."""
    assert rpc_status.problem_of(sent(Problem(Code.NOT_FOUND, "gone"))).field is None


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (grpc.StatusCode.UNAVAILABLE, Code.UNAVAILABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Code.DEADLINE_EXCEEDED),
        (grpc.StatusCode.CANCELLED, Code.DEADLINE_EXCEEDED),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, Code.RESOURCE_EXHAUSTED),
        (grpc.StatusCode.UNKNOWN, Code.INTERNAL),
        (grpc.StatusCode.UNIMPLEMENTED, Code.INTERNAL),
    ],
)
def test_what_the_transport_says_is_worded_without_its_insides(status, code):
    """An address or errno of ours is nothing a caller could act on."""
    problem = rpc_status.problem_of(grpc.aio.AioRpcError(status, None, None, "ipv4:127.0.0.1:4200: refused"))

    assert code == problem.code
    assert "127.0.0.1" not in problem.message
