"""One hot room: ten thousand members listen to twenty who talk, so that each message is ten thousand deliveries."""

from veigo.load.curve import COME_AND_STAY
from veigo.load.measures import Limits
from veigo.load.people import Person
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.load.shape import SceneShape

MEMBERS = 10_000


class Follower(Person):
    """Somebody in the largest room there is; the first twenty talk."""


class Shape(SceneShape):
    """The room fills, and stays full."""

    scene = Scene(
        people=MEMBERS,
        minutes=3,
        rhythm=Rhythm(every_s=40, reads=0, edits=2),
        room_size=MEMBERS,
        speakers_per_room=20,
        curve=COME_AND_STAY,
        limits=Limits(delivered_p50_ms=500, delivered_p99_ms=1_500, acknowledged_p99_ms=1_000),
        late_ms_tolerated=300,  # ten thousand sockets that have something to read in the same instant
    )
