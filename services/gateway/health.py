"""Whether the gateway can do its work: each service it needs is asked, at the moment it is asked itself.

Of realtime one replica is enough; who of the others is away is said beside the answer.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.gateway.realtimes import Address

PROBE_S = 1.0  # for each answer


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found.

    Attributes:
        unready: what is wrong with each service that cannot be used now; empty when all can.
        away: what is wrong with each replica that others stand in for, by its address.
    """

    unready: dict[str, str]
    away: dict[str, str]


async def readiness(channels: Mapping[str, grpc.aio.Channel], realtimes: Sequence[Address]) -> Readiness:
    """Ask everybody."""
    reasons = await asyncio.gather(*(_unready_grpc(channel) for channel in channels.values()), *map(_closed, realtimes))
    unready = _wrong(zip(channels, reasons, strict=False))
    away = _wrong((str(address), why) for address, why in zip(realtimes, reasons[len(channels) :], strict=True))
    if len(away) < len(realtimes):
        return Readiness(unready, away)
    return Readiness(unready | {"realtime": "; ".join(dict.fromkeys(away.values()))}, {})


def _wrong(reasons: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    return {name: reason for name, reason in reasons if reason is not None}


async def _unready_grpc(channel: grpc.aio.Channel) -> str | None:
    try:
        reply = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PROBE_S)
    except grpc.aio.AioRpcError as error:
        return f"its health check ended with {error.code().name}"
    if reply.status == health_pb2.HealthCheckResponse.SERVING:
        return None
    return f"it says {health_pb2.HealthCheckResponse.ServingStatus.Name(reply.status)}"


async def _closed(address: Address) -> str | None:
    try:
        async with asyncio.timeout(PROBE_S):
            _, writer = await asyncio.open_connection(*address)
    except TimeoutError:
        return f"it took no connection within {PROBE_S:g} s"
    except OSError as error:
        return f"it takes no connections ({error.strerror or type(error).__name__})"
    writer.close()
    return None
