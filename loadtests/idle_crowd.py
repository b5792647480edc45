"""Idle crowd: two thousand people listen and say nothing, and the few who talk do so as if they were alone."""

from veigo.load.curve import COME_AND_STAY
from veigo.load.measures import Limits
from veigo.load.people import Person
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.load.shape import SceneShape


class Lurker(Person):
    """Somebody with the telephone in their pocket; two of each hundred take it out."""


class Shape(SceneShape):
    """They come, and stay."""

    scene = Scene(
        people=2_000,
        minutes=4,
        rhythm=Rhythm(every_s=10, reads=5),
        room_size=100,
        second_room_every=0,
        speakers_per_room=2,
        curve=COME_AND_STAY,
        limits=Limits(delivered_p50_ms=100, delivered_p99_ms=600, connected_p99_ms=2_000),
    )
