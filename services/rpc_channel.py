"""The gRPC channel one service calls another by: to all its replicas, and soon back after a restart."""

import json
import re

import grpc

_ADDRESS = re.compile(r"[A-Za-z0-9._-]+:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5}")

_OPTIONS: list[tuple[str, int | str]] = [
    # gRPC's own pauses grow to two minutes; these keep a restarted service from being missed for more than a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 500),
    # Calls go to all replicas in turn. One that leaves says so (GOAWAY), and what it did not begin goes to another.
    ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
]


def channel(addresses: str) -> grpc.aio.Channel:
    """Return a channel to be entered with `async with`; the peers need not be there yet.

    Args:
        addresses: `host:port`; several, all of them IP addresses, with commas between.

    Raises:
        ValueError: one of them is no `host:port`.
    """
    each = [address.strip() for address in addresses.split(",")]
    wrong = [address for address in each if not _ADDRESS.fullmatch(address)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no address; write host:port, and commas between several")
    target = each[0] if len(each) == 1 else f"ipv4:{','.join(each)}"
    return grpc.aio.insecure_channel(target, options=_OPTIONS)
