"""Sign-in rush: everybody signs in at once, and those who are in do not have to wait for it to talk."""

from veigo.load.curve import Curve
from veigo.load.measures import Limits
from veigo.load.people import Person
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.load.shape import SceneShape


class Employee(Person):
    """Somebody at nine o'clock."""


class Shape(SceneShape):
    """A tenth are early, and all the others come in the same minute."""

    scene = Scene(
        people=200,
        minutes=2,
        rhythm=Rhythm(every_s=10),
        curve=Curve([(0, 0.1), (0.4, 0.1), (0.5, 1), (1, 1)]),
        signs_in=True,
        limits=Limits(signed_in_p99_ms=15_000, acknowledged_p99_ms=500, delivered_p99_ms=500),
    )
