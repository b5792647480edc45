"""What can go wrong, as every service says it: a code a program can act on and a sentence a person can act on.

A rule raises `Problem`; the edges translate it (gRPC status and details in `rpc_status.py`, GraphQL
`extensions.code` in the gateway, ERROR frames in realtime). Nothing else about an error crosses a service's border.
"""

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The outcomes a caller can tell apart; the names are those of GraphQL's `extensions.code`."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    ABORTED = "ABORTED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    UNAVAILABLE = "UNAVAILABLE"
    INTERNAL = "INTERNAL"


@dataclass(eq=False)  # not frozen: the interpreter and contextlib assign an exception's traceback
class Problem(Exception):  # noqa: N818 - half of them are refusals, not errors
    """A refusal or failure, worded for the caller.

    Attributes:
        code: what kind of problem it is.
        message: one sentence that says what to change; it never holds a secret or what was sent.
        field: the argument at fault, in the contract's spelling, where there is one.
    """

    code: Code
    message: str
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def invalid(field: str, message: str) -> Problem:
    """Return the problem for an argument that breaks a rule."""
    return Problem(Code.INVALID_ARGUMENT, message, field)
