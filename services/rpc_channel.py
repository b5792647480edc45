"""The gRPC channel one service calls another by: a long-lived HTTP/2 connection that finds a restarted peer soon."""

import grpc

# gRPC's own pauses grow to two minutes; these keep a restarted service from being missed for more than a second.
_OPTIONS = [
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 500),
]


def channel(address: str) -> grpc.aio.Channel:
    """Return a channel to `host:port`, to be entered with `async with`; the peer need not be there yet."""
    return grpc.aio.insecure_channel(address, options=_OPTIONS)
