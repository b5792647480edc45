"""Spans of gRPC calls, on both sides; the context rides in the metadata as `traceparent`."""

from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import grpc

from services import finished_spans, tracing
from services.finished_spans import Attributes
from services.trace_context import context_in
from spans.told import CLIENT, SERVER

PATHS_MAX = 256  # of methods, far more than there are

Handler = Callable[[Any, grpc.aio.ServicerContext], Awaitable[Any]]


def traced(call: Handler, path: str) -> Handler:
    """Wrap a handler so that its calls are spans, children of the caller's."""
    name = path.lstrip("/")
    service, _, method = name.rpartition("/")

    async def answer(request: object, context: grpc.aio.ServicerContext) -> object:
        if not finished_spans.enabled():
            return await call(request, context)
        parent = context_in(dict(context.invocation_metadata() or ()).get("traceparent"))
        about = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": method}
        with tracing.span(name, SERVER, about, parent, noted=True) as span:
            try:
                return await call(request, context)
            finally:
                span.set("rpc.grpc.status_code", number_of(context.code()))

    return answer


def number_of(code: grpc.StatusCode | int | None) -> int:
    """Return a status code as the wire has it; a call that set none was fine."""
    if isinstance(code, grpc.StatusCode):
        return int(code.value[0])
    return code or 0


def calling(method: object) -> tracing.Span:
    """Return the span of a call by a stub's method."""
    path = getattr(method, "_method", b"")  # the stub keeps it to itself, and nothing else in grpc.aio knows it
    name, about = _told_of(path)
    return tracing.span(name, CLIENT, about, noted=True)


@lru_cache(PATHS_MAX)
def _told_of(path: bytes | str) -> tuple[str, Attributes]:
    name = (path.decode() if isinstance(path, bytes) else path).lstrip("/")
    service, _, short = name.rpartition("/")
    return name, {"rpc.system": "grpc", "rpc.service": service, "rpc.method": short}
