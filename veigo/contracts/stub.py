"""A gRPC server that keeps nothing but promises: it answers what cases cover as they say, and notes what none covers.

For tests of a consumer: the real code of it, against exactly what it says it relies on.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import any_pb2, json_format
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message_factory import GetMessageClass
from google.rpc import code_pb2, error_details_pb2, status_pb2

from veigo.contracts.cases import filled
from veigo.contracts.rpc_reply import DOMAIN, REASONS

LATER = b"\xfa\x3e\x05later"  # on the wire: a field of number 1007
Case = Mapping[str, Any]


@dataclass
class Promises:
    """The cases of one edge or several, and what came of them.

    Attributes:
        methods: every RPC there is.
        cases: what is promised.
        bound: what placeholders stand for.
        tokens: who brings which token.
        later: whether to say all that a later version may add: fields, and details of refusals, that nobody knows.
        used: the names of the cases that were called.
        uncovered: calls that no case covers.
    """

    methods: Mapping[str, MethodDescriptor]
    cases: Iterable[Case]
    bound: Mapping[str, Any]
    tokens: Mapping[str, str | None]
    later: bool = False
    used: set[str] = field(default_factory=set)
    uncovered: list[str] = field(default_factory=list)

    def covering(self, name: str, request: bytes, token: str | None) -> Case | None:
        """Return the case of a call."""
        kind = GetMessageClass(self.methods[name].input_type)
        asked = kind.FromString(request)
        for case in self.cases:
            right = case["rpc"] == name and self.tokens[case["as"]] == token
            if right and json_format.ParseDict(filled(case["request"], self.bound), kind()) == asked:
                self.used.add(case["case"])
                return case
        self.uncovered.append(f"{name} {json_format.MessageToDict(asked)}")
        return None

    def reply(self, name: str, case: Case) -> bytes:
        """Return an example of a case's reply."""
        kind = GetMessageClass(self.methods[name].output_type)
        reply = json_format.ParseDict(filled(case["reply"], self.bound), kind()).SerializeToString()
        return reply + LATER if self.later else reply

    def status(self, case: Case) -> status_pb2.Status:
        """Return a case's refusal as a status."""
        status = status_of(case["refusal"])
        if self.later:
            status.details.add(type_url="type.googleapis.com/veigo.later.Detail", value=b"later")
        return status


@asynccontextmanager
async def serving(promises: Promises) -> AsyncIterator[str]:
    """Serve while the context is open; gives the address. What no case covers is UNIMPLEMENTED."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Handlers(promises),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


class _Handlers(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio ships no types
    def __init__(self, promises: Promises) -> None:
        self._promises = promises

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler | None:
        """Return the handler of any RPC there is."""
        name = details.method.lstrip("/")
        if name not in self._promises.methods:
            return None

        async def answer(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
            token = dict(context.invocation_metadata() or ()).get("token")
            case = self._promises.covering(name, request, token)
            if case is None:
                await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no case covers this call")
                raise AssertionError("abort always raises")
            if "refusal" in case:
                status = self._promises.status(case)
                context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
                await context.abort(grpc.StatusCode[case["refusal"]["code"]], status.message)
            return self._promises.reply(name, case)

        return grpc.unary_unary_rpc_method_handler(answer)


def status_of(refusal: Mapping[str, Any]) -> status_pb2.Status:
    """Return the status of a refusal in a case: its code, and the fields at fault."""
    details: list[Any] = [error_details_pb2.ErrorInfo(reason=REASONS[refusal["code"]], domain=DOMAIN)]
    violations = [
        error_details_pb2.BadRequest.FieldViolation(field=name, description="Change it.")
        for name in refusal.get("fields", ())
    ]
    if violations:
        details.append(error_details_pb2.BadRequest(field_violations=violations))
    packed = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    return status_pb2.Status(code=code_pb2.Code.Value(refusal["code"]), message="Change it.", details=packed)
