"""Ramp to breaking: the same people talk faster and faster until the stack cannot keep up, and the knee is told."""

from veigo.load.curve import AT_ONCE
from veigo.load.measures import Limits
from veigo.load.people import Person
from veigo.load.rhythm import Rhythm
from veigo.load.scene import Scene
from veigo.load.shape import SceneShape


class Racer(Person):
    """Somebody who talks ten times a minute, then a hundred, then a thousand."""


class Shape(SceneShape):
    """Sixteen steps, each two fifths faster than the one before; it is over when one of them breaks."""

    scene = Scene(
        people=40,
        minutes=4,
        rhythm=Rhythm(every_s=6, edits=0, reads=0, characters_per_s=40, long_messages=0),
        room_size=8,
        second_room_every=0,
        curve=AT_ONCE,
        steps=tuple(1.4**step for step in range(16)),
        # What breaks is what is looked for; only what is lost, or out of order, is a fault.
        limits=Limits(failed_share=None, achieved_share=None),
        late_ms_tolerated=100,  # a step is too slow at 250 ms
    )
