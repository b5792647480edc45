"""A gRPC client that knows no service from inside: by its descriptors it calls any RPC, and notes what it saw.

Every request, answer and refusal goes past `rpc_reply`, so that what a service says is held against its contract each
time it is called, whatever the call was made for.
"""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import grpc
from google.protobuf import json_format
from google.protobuf.descriptor import FileDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from veigo.contracts import rpc_reply
from veigo.contracts.coverage import Coverage
from veigo.contracts.rpc_reply import BrokenContract, Refusal

RPC, REQUEST, REPLY, ERROR, STATUS = "RPC", "request field", "reply field", "RPC and error", "gRPC status"
DEADLINE_S = 10.0  # of a call, like the gateway's
LATE_S = 2.0  # an answer may come this much after its deadline; later is a hang
EVERYWHERE = ("RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "UNAVAILABLE")  # whatever is called, and so promised once
DETAILS = "grpc-status-details-bin"


def methods_of(files: Iterable[FileDescriptor]) -> dict[str, MethodDescriptor]:
    """Return every RPC that these files declare, by `package.Service/Method`."""
    return {
        f"{service.full_name}/{method.name}": method
        for file in files
        for service in file.services_by_name.values()
        for method in service.methods
    }


def promise(coverage: Coverage, methods: Mapping[str, MethodDescriptor], errors: Mapping[str, Iterable[str]]) -> None:
    """Note all that the contract promises: RPCs, fields both ways, enum values, and each RPC's refusals."""
    coverage.promise(RPC, methods)
    for method in methods.values():
        for kind, message in ((REQUEST, method.input_type), (REPLY, method.output_type)):
            coverage.promise(kind, rpc_reply.fields_of(message))
            coverage.promise(kind, rpc_reply.values_of(message))
    for name, codes in errors.items():
        coverage.promise(ERROR, (f"{name} {code}" for code in codes))
    coverage.promise(STATUS, ("OK", *rpc_reply.REASONS))


class Recorder:
    """Calls RPCs and notes what they said."""

    def __init__(
        self, methods: Mapping[str, MethodDescriptor], channels: Mapping[str, grpc.aio.Channel], coverage: Coverage
    ) -> None:
        """Call `methods` over the channel of the package each is in; `channels` are by package."""
        self.methods = methods
        self._channels = channels
        self.coverage = coverage

    def request(self, name: str, given: Mapping[str, Any]) -> Message:
        """Return a request, from its JSON."""
        return json_format.ParseDict(dict(given), GetMessageClass(self.methods[name].input_type)())

    async def call(
        self, name: str, given: Mapping[str, Any] | Message, token: str | None = None, timeout_s: float = DEADLINE_S
    ) -> Message | Refusal:
        """Call an RPC and return what came, held against the contract.

        Raises:
            BrokenContract: what came is not allowed, or came too late.
        """
        request = given if isinstance(given, Message) else self.request(name, given)
        answer = await self.answer(name, request, token, timeout_s)
        self._note(name, request, answer)
        return answer

    async def answer(self, name: str, request: Message, token: str | None, timeout_s: float) -> Message | Refusal:
        """Call an RPC, hold what came against the contract, and note nothing."""
        return await self.answer_to_bytes(name, request.SerializeToString(), token, timeout_s)

    async def answer_to_bytes(
        self, name: str, request: bytes, token: str | None = None, timeout_s: float = DEADLINE_S
    ) -> Message | Refusal:
        """Call an RPC with bytes that need be no request."""
        method = self.methods[name]
        call = self._channels[method.containing_service.file.package].unary_unary(f"/{name}")
        began_s = time.monotonic()
        try:
            reply = await call(request, timeout=timeout_s, metadata=(("token", token),) if token else ())
        except grpc.aio.AioRpcError as error:
            details = dict(error.trailing_metadata() or ()).get(DETAILS)
            answer: Message | Refusal = rpc_reply.refusal_in(error.code().name, error.details() or "", details)
        else:
            answer = GetMessageClass(method.output_type).FromString(reply)
            list(rpc_reply.carried_by(answer))
        took_s = time.monotonic() - began_s
        if took_s > timeout_s + LATE_S:
            raise BrokenContract(f"{name} answered after {took_s:.1f} s, and its deadline was {timeout_s} s")
        return answer

    def _note(self, name: str, request: Message, answer: Message | Refusal) -> None:
        self.coverage.saw(RPC, name)
        for item in rpc_reply.carried_by(request):
            self.coverage.saw(REQUEST, item)
        if isinstance(answer, Refusal):
            self.coverage.saw(STATUS, answer.code)
            if answer.code not in EVERYWHERE:
                self.coverage.saw(ERROR, f"{name} {answer.code}")
            return
        self.coverage.saw(STATUS, "OK")
        for item in rpc_reply.carried_by(answer):
            self.coverage.saw(REPLY, item)
