"""Whether somebody serves: ``python -m stack.healthy http://127.0.0.1:4000/healthz`` or ``grpc://127.0.0.1:4100``.

What containers are asked by their health checks; their images hold no other client. Exit code 0: serves, 1: does not.
"""

import sys
import urllib.error
import urllib.request

WITHIN_S = 3.0


def serves(where: str) -> bool:
    """Ask once."""
    if where.startswith("grpc://"):
        return _serves_grpc(where.removeprefix("grpc://"))
    try:
        with urllib.request.urlopen(where, timeout=WITHIN_S) as answer:  # noqa: S310 - an address of our own compose file
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _serves_grpc(address: str) -> bool:
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(address) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=WITHIN_S)
        except grpc.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


if __name__ == "__main__":
    sys.exit(0 if serves(sys.argv[1]) else 1)
