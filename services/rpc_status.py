"""Problems on the wire: gRPC status codes with `google.rpc` details, in both directions (AIP-193)."""

from typing import NoReturn

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from services.problems import Code, Problem

DOMAIN = "veigo"
CANONICAL = {
    Code.UNAUTHENTICATED: code_pb2.UNAUTHENTICATED,
    Code.FORBIDDEN: code_pb2.PERMISSION_DENIED,
    Code.NOT_FOUND: code_pb2.NOT_FOUND,
    Code.INVALID_ARGUMENT: code_pb2.INVALID_ARGUMENT,
    Code.ALREADY_EXISTS: code_pb2.ALREADY_EXISTS,
    Code.ABORTED: code_pb2.ABORTED,
    Code.RESOURCE_EXHAUSTED: code_pb2.RESOURCE_EXHAUSTED,
    Code.DEADLINE_EXCEEDED: code_pb2.DEADLINE_EXCEEDED,
    Code.UNAVAILABLE: code_pb2.UNAVAILABLE,
    Code.INTERNAL: code_pb2.INTERNAL,
}
_CODES = {grpc.StatusCode[code_pb2.Code.Name(number)]: code for code, number in CANONICAL.items()} | {
    grpc.StatusCode.FAILED_PRECONDITION: Code.INVALID_ARGUMENT,
    grpc.StatusCode.OUT_OF_RANGE: Code.INVALID_ARGUMENT,
    grpc.StatusCode.CANCELLED: Code.DEADLINE_EXCEEDED,
}


def status_of(problem: Problem) -> status_pb2.Status:
    """Return the `google.rpc.Status` that carries a problem: ErrorInfo, and BadRequest when a field is at fault."""
    details: list[error_details_pb2.ErrorInfo | error_details_pb2.BadRequest] = [
        error_details_pb2.ErrorInfo(reason=problem.code.value, domain=DOMAIN)
    ]
    if problem.field is not None:
        violation = error_details_pb2.BadRequest.FieldViolation(field=problem.field, description=problem.message)
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    packed = []
    for detail in details:
        wrapper = any_pb2.Any()
        wrapper.Pack(detail)
        packed.append(wrapper)
    return status_pb2.Status(code=CANONICAL[problem.code], message=problem.message, details=packed)


async def abort(context: grpc.aio.ServicerContext, problem: Problem) -> NoReturn:
    """End the call with a problem's status."""
    status = rpc_status.to_status(status_of(problem))
    await context.abort(status.code, status.details, status.trailing_metadata)
    raise AssertionError("abort always raises")


def problem_of(error: grpc.aio.AioRpcError) -> Problem:
    """Return the problem that a failed call reports.

    What the called service worded is passed on. What the transport says instead (refused connections, deadlines) is
    worded here, because a caller of ours can do nothing with an address or an errno.
    """
    code = _CODES.get(error.code(), Code.INTERNAL)
    status = _worded(error)
    if status is not None:
        return Problem(code, status.message, _field(status))
    if code is Code.UNAVAILABLE:
        return Problem(code, "A service this needs cannot be reached; try again in a few seconds.")
    if code is Code.DEADLINE_EXCEEDED:
        return Problem(code, "The answer took too long, so the outcome is unknown; look before you repeat it.")
    if code is Code.RESOURCE_EXHAUSTED:
        return Problem(code, "The request is larger than a service accepts; send less.")
    return Problem(Code.INTERNAL, "Something failed on our side; the logs of this moment say what.")


def _worded(error: grpc.aio.AioRpcError) -> status_pb2.Status | None:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            status: status_pb2.Status = status_pb2.Status.FromString(value)
            return status
    return None


def _field(status: status_pb2.Status) -> str | None:
    for detail in status.details:
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request) and request.field_violations:
            field: str = request.field_violations[0].field
            return field
    return None
