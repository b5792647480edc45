"""What is varied, at which points, and with how many messages each point is measured."""

import msgspec

SECONDS = 1.3  # of sending, for one sample
REPEATS = 3


class Axis(msgspec.Struct, frozen=True):
    """One thing that grows while all others stay.

    Attributes:
        name: of what there is more and more.
        points: how many, in rising order.
        per_s: messages a second, in all rooms together; 0 where that is what varies.
    """

    name: str
    points: tuple[int, ...]
    per_s: int

    def per_s_at(self, count: int) -> int:
        """Return how many messages a second there are at a level."""
        return self.per_s or count


RATE = Axis("rate", (20, 60, 110, 160), per_s=0)
MEMBERS = Axis("members", (1, 100, 250, 500, 1_000), per_s=20)
ROOMS = Axis("rooms", (1, 10, 50, 200), per_s=60)
HISTORY = Axis("history", (0, 1_000, 4_000, 12_000), per_s=60)
REPLICAS = Axis("replicas", (1, 2, 3, 4), per_s=60)
IDLE = Axis("idle", (0, 1_000, 2_000, 4_000), per_s=60)

AXES = (RATE, MEMBERS, ROOMS, HISTORY, IDLE, REPLICAS)
LISTENERS = 2  # sockets of a room where members are not what varies
