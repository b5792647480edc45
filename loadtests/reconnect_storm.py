"""Reconnect storm: everybody loses their socket in the same instant, and all come back and miss nothing."""

from veigo.load.curve import AT_ONCE
from veigo.load.measures import Limits
from veigo.load.people import Person
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.load.shape import SceneShape


class Commuter(Person):
    """Somebody on the train, just before the tunnel."""


class Shape(SceneShape):
    """Everybody at once, and half-way through the tunnel."""

    scene = Scene(
        people=1_000,
        minutes=2,
        rhythm=Rhythm(every_s=60, reads=20),
        curve=AT_ONCE,
        storm_at=0.5,
        limits=Limits(resumed_p99_ms=8_000, acknowledged_p99_ms=1_000),
    )
