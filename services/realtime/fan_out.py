"""The shortest way for one frame to many sockets: a system call for each, and nothing kept.

An event loop's transport is there for what a socket does not take at once. Nearly every socket does, and then the
transport's own bookkeeping, a few cache lines for each of thousands, costs as much again as all of Python's part here.
So the bytes go straight to the kernel while nothing waits in the transport; what is not taken waits there, in order.
"""

import os
from collections.abc import Iterable

from services.realtime.connection import Connection


def write_to_all(connections: Iterable[Connection], framed: bytes) -> list[Connection]:
    """Write a frame to everybody who is there; return those that have not taken all that was written to them."""
    write, size, behind = os.write, len(framed), []
    for connection in connections:
        sent = 0
        if connection.is_clear:
            try:
                sent = write(connection.fd, framed)
            except OSError:  # it is full, or gone: its transport finds out which
                sent = 0
            if sent == size:
                continue
        elif not connection.is_open:
            continue
        connection.transport.write(framed[sent:])
        behind.append(connection)
    return behind
