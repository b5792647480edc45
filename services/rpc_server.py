"""The gRPC server every service runs: health, reflection, deadlines, worded errors and a drain.

`grpc.health.v1` answers NOT_SERVING from the moment the drain begins, so callers go elsewhere while the calls under
way are finished.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import grpc
import structlog
from google.protobuf.message import DecodeError
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services import rpc_status, rpc_tracing
from services.problems import Code, Problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

log = structlog.get_logger()

DEADLINE_MAX_S = 30.0  # a caller that names no deadline, or a longer one, gets this one
REQUEST_BYTES_MAX = 1024 * 1024  # larger requests end with RESOURCE_EXHAUSTED
CALLS_AT_ONCE_MAX = 2_000  # further calls end with RESOURCE_EXHAUSTED

Handler = Callable[[Any, grpc.aio.ServicerContext], Awaitable[Any]]


class WordedErrors(grpc.aio.ServerInterceptor):  # type: ignore[misc]  # grpcio ships no types
    """Turns a `Problem` into its status, and whatever else is raised into INTERNAL without a trace of its insides."""

    def __init__(self, outages: tuple[type[Exception], ...]) -> None:
        """Word `outages` as UNAVAILABLE: the errors that mean a dependency is out."""
        self._outages = outages

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        """Wrap a unary handler; the streams of health and reflection are left as they are."""
        handler = await continuation(details)
        if handler is None or handler.unary_unary is None:
            return handler
        call = _worded(_reading(handler), details.method, self._outages)
        return grpc.unary_unary_rpc_method_handler(
            rpc_tracing.traced(call, details.method),
            None,  # gRPC would answer a request that cannot be read with INTERNAL
            handler.response_serializer,
        )


def _reading(handler: grpc.RpcMethodHandler) -> Handler:
    """Return a handler of requests as they came: bytes, that are the caller's fault when they are no request."""

    async def call(request: bytes, context: grpc.aio.ServicerContext) -> object:
        try:
            read = handler.request_deserializer(request)
        except DecodeError:
            message = "These bytes are no request of this RPC; build the client from its .proto file."
            raise Problem(Code.INVALID_ARGUMENT, message) from None
        return await handler.unary_unary(read, context)

    return call


def _worded(call: Handler, method: str, outages: tuple[type[Exception], ...]) -> Handler:
    async def answer(request: object, context: grpc.aio.ServicerContext) -> object:
        remaining_s = context.time_remaining()
        deadline_s = DEADLINE_MAX_S if remaining_s is None else min(remaining_s, DEADLINE_MAX_S)
        try:
            async with asyncio.timeout(deadline_s):
                return await call(request, context)
        except Problem as problem:
            await rpc_status.abort(context, problem)
        except TimeoutError:
            late = Problem(Code.DEADLINE_EXCEEDED, "The answer took too long; look before you repeat it.")
            await rpc_status.abort(context, late)
        except grpc.aio.AbortError:
            raise
        except outages as error:
            log.warning("dependency_out", method=method, error=type(error).__name__)
            out = Problem(Code.UNAVAILABLE, "A database this needs is out; try again in a few seconds.")
            await rpc_status.abort(context, out)
        except Exception:
            log.exception("rpc_failed", method=method)
            unexpected = Problem(Code.INTERNAL, "Something failed on our side; the logs of this moment say what.")
            await rpc_status.abort(context, unexpected)

    return answer


@asynccontextmanager
async def serving(
    address: str,
    services: Iterable[tuple[str, Callable[[grpc.aio.Server], None]]],
    drain_s: float,
    outages: tuple[type[Exception], ...] = (),
) -> "AsyncIterator[grpc.aio.Server]":
    """Serve while the context is open, then drain.

    Args:
        address: `host:port` to listen on.
        services: full name and registration of each service.
        outages: exceptions that mean a dependency is out; callers get UNAVAILABLE.
        drain_s: how long calls under way may take to finish once the context is left; then they are cancelled.

    Raises:
        RuntimeError: the address is taken.
    """
    server = grpc.aio.server(
        interceptors=[WordedErrors(outages)],
        maximum_concurrent_rpcs=CALLS_AT_ONCE_MAX,
        options=[
            ("grpc.max_receive_message_length", REQUEST_BYTES_MAX),
            ("grpc.so_reuseport", 0),  # a second process on the port must fail, not share it by surprise
        ],
    )
    names = []
    for name, register in services:
        register(server)
        names.append(name)
    state = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(state, server)
    reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
    server.add_insecure_port(address)
    await server.start()
    for name in ("", *names):
        await state.set(name, health_pb2.HealthCheckResponse.SERVING)
    log.info("serving", address=address, services=names)
    try:
        yield server
    finally:
        await state.enter_graceful_shutdown()
        await server.stop(drain_s)
        log.info("stopped")
