"""Whether the gateway can do its work: each service it needs is asked, at the moment it is asked itself."""

import asyncio
from collections.abc import Mapping

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

PROBE_S = 1.0  # for each answer


async def unready(channels: Mapping[str, grpc.aio.Channel], realtime: tuple[str, int]) -> dict[str, str]:
    """Return what is wrong with each service that cannot be used now; empty when all can."""
    names = [*channels, "realtime"]
    probes = [_unready_grpc(channel) for channel in channels.values()]
    reasons = await asyncio.gather(*probes, _unready_tcp(*realtime))
    return {name: reason for name, reason in zip(names, reasons, strict=True) if reason is not None}


async def _unready_grpc(channel: grpc.aio.Channel) -> str | None:
    try:
        reply = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PROBE_S)
    except grpc.aio.AioRpcError as error:
        return f"its health check ended with {error.code().name}"
    if reply.status == health_pb2.HealthCheckResponse.SERVING:
        return None
    return f"it says {health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status)}"


async def _unready_tcp(host: str, port: int) -> str | None:
    try:
        async with asyncio.timeout(PROBE_S):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"it took no connection within {PROBE_S:g} s"
    except OSError as error:
        return f"it takes no connections ({error.strerror or type(error).__name__})"
    writer.close()
    return None
