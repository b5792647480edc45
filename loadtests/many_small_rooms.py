"""Many small rooms: couples and families, each with something to say, none with more than three."""

from veigo.load.curve import COME_AND_STAY
from veigo.load.measures import Limits
from veigo.load.people import Person
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.load.shape import SceneShape


class Relative(Person):
    """Somebody with two or three to talk to."""


class Shape(SceneShape):
    """All of them, for a while."""

    scene = Scene(
        people=400,
        minutes=3,
        rhythm=Rhythm(every_s=20),
        room_size=2,
        second_room_every=2,
        curve=COME_AND_STAY,
        limits=Limits(delivered_p50_ms=60, delivered_p99_ms=400, acknowledged_p99_ms=400),
    )
