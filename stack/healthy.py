"""Whether somebody serves: ``python -m stack.healthy http://127.0.0.1:4000/healthz`` or ``grpc://127.0.0.1:4100``.

What containers are asked by their health checks; their images hold no other client. Whoever serves nothing but a file
is asked when that was written: ``file:///var/lib/watch/stacks/default/state.json``. Exit code 0: serves, 1: does not.
"""

import os
import sys
import time
import urllib.error
import urllib.request

WITHIN_S = 3.0
LINE_MAX = 500  # bytes of what somebody says who does not serve
FRESH_S = 20.0  # of a file that is written every few seconds
SERVING = b"\x08\x01"  # HealthCheckResponse with status SERVING; its generated code takes longer to load than to ask


def serves(where: str) -> bool:
    """Ask once."""
    if where.startswith("grpc://"):
        return _serves_grpc(where.removeprefix("grpc://"))
    if where.startswith("file://"):
        return _is_fresh(where.removeprefix("file://"))
    try:
        with urllib.request.urlopen(where, timeout=WITHIN_S) as answer:  # noqa: S310 - an address of our own compose file
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        print(error.read(LINE_MAX).decode(errors="replace"))  # noqa: T201 - the engine keeps what a health check says
        return False
    except OSError:
        return False


def _serves_grpc(address: str) -> bool:
    import grpc

    with grpc.insecure_channel(address) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        try:
            return bool(check(b"", timeout=WITHIN_S) == SERVING)
        except grpc.RpcError:
            return False


def _is_fresh(path: str) -> bool:
    try:
        return time.time() - os.stat(path).st_mtime < FRESH_S  # noqa: PTH116 - pathlib takes longer to load than to ask
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    sys.exit(0 if serves(sys.argv[1]) else 1)
