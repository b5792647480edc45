"""Which realtime a new socket goes to: the one that carries the fewest of ours, of those that take any. Pure.

One that would not take a socket is avoided for a moment, and asked last while it is. Every gateway counts its own
sockets only, and clients come to a gateway at random, so the fewest of ours are about the fewest of all.
"""

from collections.abc import Iterable
from typing import NamedTuple, Self

AVOIDED_S = 2.0  # after it took no socket; a restarted one is missed for no longer
TRIED_MAX = 3  # for one socket: whoever finds so many away is told to come back


class Address(NamedTuple):
    """Where a realtime listens."""

    host: str
    port: int

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the address written as `host:port`."""
        host, _, port = text.strip().rpartition(":")
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


class Realtimes:
    """All realtimes there are, and how many sockets of ours each carries."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self._carried = dict.fromkeys(addresses, 0)
        self._avoided_until_s: dict[Address, float] = {}

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Where they are."""
        return tuple(self._carried)

    def carried(self) -> dict[str, float]:
        """Return how many sockets of ours each carries."""
        return {str(address): float(count) for address, count in list(self._carried.items())}

    def to_try(self, now_s: float) -> list[Address]:
        """Return whom to ask to take one more socket, in this order."""

        def reluctance(address: Address) -> tuple[float, int]:
            until_s = self._avoided_until_s.get(address, 0.0)
            return (until_s if until_s > now_s else 0.0), self._carried[address]

        return sorted(self._carried, key=reluctance)[:TRIED_MAX]

    def avoid(self, address: Address, now_s: float) -> None:
        """Ask this one last for a moment: it took no socket."""
        self._avoided_until_s[address] = now_s + AVOIDED_S

    def took(self, address: Address) -> None:
        """Count a socket that it carries."""
        self._carried[address] += 1

    def lost(self, address: Address) -> None:
        """Count one less."""
        self._carried[address] -= 1
