"""Soak: an ordinary afternoon, long enough for tokens to expire, connections to be lost and whatever leaks to show."""

from veigo.load.curve import COME_AND_STAY
from veigo.load.measures import Limits
from veigo.load.people import Person
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.load.shape import SceneShape


class Colleague(Person):
    """Somebody who is there all afternoon, on a connection that is not always."""


class Shape(SceneShape):
    """All of them, all the time."""

    scene = Scene(
        people=60,
        minutes=60,
        rhythm=Rhythm(every_s=12, cuts=1),
        signs_in=True,
        curve=COME_AND_STAY,
        limits=Limits(delivered_p50_ms=60, delivered_p99_ms=1_000, acknowledged_p99_ms=400, resumed_p99_ms=5_000),
    )
