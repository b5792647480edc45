"""Evening peak: people come home, sign in, talk in rooms of ten and a second room each third, and go to bed."""

from veigo.load.curve import COME_AND_GO
from veigo.load.measures import Limits
from veigo.load.people import Person
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.load.shape import SceneShape


class Neighbour(Person):
    """Somebody at home."""


class Shape(SceneShape):
    """Few, then all, then few."""

    scene = Scene(
        people=120,
        minutes=3,
        rhythm=Rhythm(every_s=6, cuts=0.5),
        curve=COME_AND_GO,
        signs_in=True,
        limits=Limits(delivered_p50_ms=60, delivered_p99_ms=400, acknowledged_p99_ms=400, connected_p99_ms=1_000),
    )
