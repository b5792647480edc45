"""The gRPC channel one service calls another by: to all its replicas, and soon back after a restart."""

import ipaddress
import json
import re

import grpc

_ADDRESS = re.compile(r"[A-Za-z0-9._-]+:[0-9]{1,5}|\[[0-9a-fA-F:]+\]:[0-9]{1,5}")

_OPTIONS: list[tuple[str, int | str]] = [
    # gRPC's own pauses grow to two minutes; these keep a restarted service from being missed for more than a second.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 500),
    # A name may stand for other addresses after a restart; gRPC would look again after half a minute only.
    ("grpc.dns_min_time_between_resolutions_ms", 500),
    # Calls go to all replicas in turn. One that leaves says so (GOAWAY), and what it did not begin goes to another.
    ("grpc.service_config", json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})),
]


def channel(addresses: str) -> grpc.aio.Channel:
    """Return a channel to be entered with `async with`; the peers need not be there yet.

    Args:
        addresses: `host:port`, where a name stands for every address it resolves to; or several, with commas between,
            all of them IP addresses.

    Raises:
        ValueError: one of them is no `host:port`, or a name among several.
    """
    each = [address.strip() for address in addresses.split(",")]
    wrong = [address for address in each if not _ADDRESS.fullmatch(address)]
    if wrong:
        raise ValueError(f"{wrong[0]!r} is no address; write host:port, and commas between several")
    if len(each) == 1:
        return grpc.aio.insecure_channel(each[0], options=_OPTIONS)
    if names := [address for address in each if not _is_ipv4(address.rpartition(":")[0])]:
        raise ValueError(f"{names[0]!r} is one of several host:port; give IPv4 addresses, or one name for all replicas")
    return grpc.aio.insecure_channel(f"ipv4:{','.join(each)}", options=_OPTIONS)


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True
