"""A role: whose life a virtual person takes up when they arrive. Pure."""

from dataclasses import asdict, dataclass, field
from typing import Any

PASSWORD = "Password@123"  # noqa: S105 - of accounts that are made for a run


@dataclass(slots=True)
class Role:
    """Somebody with an account and rooms.

    Attributes:
        number: theirs in the scene.
        name, email, account: theirs in the stack.
        access, refresh: the token they were given when they signed up.
        signed_up_ns: when that was, by the director's monotonic clock.
        rooms: ids of the rooms they are in.
        speaks_in: those of them in which they talk.
        after: how far whoever had the role before had come in each room; they go on there.
        seed: what they do is drawn from it.
        people, seconds: how large the scene is.
        talk_began_ns, talk_ends_ns: by the director's monotonic clock.
        returning: whether somebody had the role before and signed out.
    """

    number: int
    name: str
    email: str
    account: str
    access: str
    refresh: str
    signed_up_ns: int
    rooms: list[str]
    speaks_in: list[str]
    seed: int
    people: int = 0
    seconds: float = 0.0
    talk_began_ns: int = 0
    talk_ends_ns: int = 0
    returning: bool = False
    after: dict[str, int] = field(default_factory=dict)

    def as_message(self) -> dict[str, Any]:
        """What goes into a message."""
        return asdict(self)

    @classmethod
    def of(cls, message: dict[str, Any]) -> "Role":
        """Read it back."""
        return cls(**message)
