"""How an operation ended, as far as the one who asked for it can know: ok, failed or unknown.

The third one is what makes a verdict honest. A send that timed out may have been stored or not; whoever counts it as
failed will call its later appearance a forgery, and whoever counts it as ok will call its absence a loss. So everything
that leaves room for doubt is *unknown*, and only a coded refusal, or a request that never left, is *failed*.

`outcome_of` is the only place that decides this; `tests/unit/veigo/test_outcome.py` holds its table.
"""

from enum import StrEnum

import aiohttp


class Outcome(StrEnum):
    """What the asker knows when an operation has ended."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Refused(Exception):  # noqa: N818 - a refusal is an answer of the stack, not an error of ours
    """The stack answered, and the answer was no."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


# Codes that promise nothing was changed. The rest (UNAVAILABLE, DEADLINE_EXCEEDED, INTERNAL, a code we do not know)
# can come from behind the commit: a service that died while answering, a deadline that ran out on the way back.
CODES_OF_A_REFUSAL = frozenset(
    {
        "UNAUTHENTICATED",
        "FORBIDDEN",
        "NOT_FOUND",
        "INVALID_ARGUMENT",
        "ALREADY_EXISTS",
        "RESOURCE_EXHAUSTED",
        "ABORTED",
    },
)


def outcome_of(error: BaseException | None) -> Outcome:
    """Say how an operation ended that raised `error`, or nothing."""
    match error:
        case None:
            return Outcome.OK
        case Refused(code=code) if code in CODES_OF_A_REFUSAL:
            return Outcome.FAILED
        case aiohttp.ClientConnectorError() | ConnectionRefusedError():
            # No connection, so nothing was sent. A connection that broke later is another class.
            return Outcome.FAILED
        case _:
            return Outcome.UNKNOWN


def is_refusal(error: BaseException) -> bool:
    """Say whether the stack refused, so that asking the same again would change nothing."""
    return isinstance(error, Refused) and error.code in CODES_OF_A_REFUSAL


def code_of(error: BaseException | None) -> str | None:
    """Return the code a refusal carries, or nothing."""
    return error.code if isinstance(error, Refused) else None
