"""A scene: who is there, how many, for how long, what they do, and what is good enough. Pure."""

from dataclasses import dataclass, field, replace

from veigo.load.casting import ROOM_SIZE_MIN
from veigo.load.curve import COME_AND_STAY, Curve
from veigo.load.keeping_up import TOLERATED_MS
from veigo.load.measures import Limits
from veigo.load.rhythm import Rhythm
from veigo.stack.problem import StackError

SECONDS_MIN = 5.0
STEP_S_MIN = 5.0  # of a rising load; shorter ones say nothing, so that a short run has fewer
STEPS_MIN = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """What is played.

    Attributes:
        people: how many there are at most, each with an account.
        minutes: for how long they talk.
        rhythm: how often each of those who talk does what.
        room_size: people in a room, at least; `people` or more is one room for all.
        second_room_every: one in so many is in a second room; 0 for nobody.
        speakers_per_room: how many of a room talk; None for all.
        curve: how many people are there at which time.
        signs_in: whether whoever arrives signs in with their password; else they have been signed in all along.
        storm_at: the share of the run after which everybody loses their socket at once; None for never.
        steps: how many times faster than their rhythm people go, from one equal part of the run to the next.
        limits: what is good enough.
        late_ms_tolerated: how late a generator may take down what it receives: little, beside the limits.
    """

    people: int
    minutes: float
    rhythm: Rhythm
    room_size: int = 10
    second_room_every: int = 3
    speakers_per_room: int | None = None
    curve: Curve = COME_AND_STAY
    signs_in: bool = False
    storm_at: float | None = None
    steps: tuple[float, ...] = (1.0,)
    limits: Limits = field(default_factory=Limits)
    late_ms_tolerated: float = TOLERATED_MS

    @property
    def seconds(self) -> float:
        """How long they talk, in seconds."""
        return self.minutes * 60

    def pace(self, share: float) -> float:
        """How many times faster people go when such a share of the run is over."""
        return self.steps[min(max(int(share * len(self.steps)), 0), len(self.steps) - 1)]

    def scaled(self, people: int | None, seconds: float | None) -> "Scene":
        """The same scene with so many people, for so long.

        Raises:
            StackError: that is too few, or too short.
        """
        scene = self
        if people is not None:
            if people < ROOM_SIZE_MIN:
                raise StackError(f"{people} people make no room; say --users {ROOM_SIZE_MIN} or more")
            # One room for all stays that, however many there are.
            size = people if self.room_size >= self.people else min(self.room_size, people)
            scene = replace(scene, people=people, room_size=size)
        if seconds is not None:
            if seconds < SECONDS_MIN:
                raise StackError(f"{seconds:g} s are too short to measure anything; run for {SECONDS_MIN:g} s or more")
            steps = scene.steps[: max(STEPS_MIN, int(seconds / STEP_S_MIN))] if len(scene.steps) > 1 else scene.steps
            scene = replace(scene, minutes=seconds / 60, steps=steps)
        return scene

    def smaller_than(self, whole: "Scene") -> str:
        """Say in how far this is a smaller version of a scene; empty when it is not."""
        parts = []
        if self.people < whole.people:
            parts.append(f"{self.people:,} of {whole.people:,} people")
        if self.minutes < whole.minutes:
            parts.append(f"{self.minutes:.3g} of {whole.minutes:g} minutes")
        if len(self.steps) < len(whole.steps):
            parts.append(f"{len(self.steps)} of {len(whole.steps)} steps")
        return " and ".join(parts)
