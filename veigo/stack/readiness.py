"""Waiting for a condition: asked often, bounded, and able to say what was the matter when time is up."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from veigo.stack.problem import StackError

PAUSE_S = 0.05  # between two questions: short against a start, long against the cost of asking
ANSWER_S = 5.0  # one question's own bound: a probe that hangs is an answer too


async def until(ask: Callable[[], Awaitable[None]], within_s: float, why: str) -> float:
    """Ask until the question returns without raising; the seconds that took.

    Raises:
        StackError: it never did; the sentence carries the last thing that went wrong.
    """
    began = time.monotonic()
    last = "no answer"
    while (waited_s := time.monotonic() - began) < within_s:
        try:
            await asyncio.wait_for(ask(), min(ANSWER_S, within_s - waited_s + PAUSE_S))
        except StackError:
            raise  # decided, not merely unfinished
        except TimeoutError:
            last = f"no answer within {ANSWER_S:g} s"
        except Exception as error:  # noqa: BLE001 - whatever a client raises while its server is not up yet
            last = f"{type(error).__name__}: {error}".strip().splitlines()[0]
        else:
            return time.monotonic() - began
        await asyncio.sleep(PAUSE_S)
    raise StackError(f"{why}: not within {within_s:g} s ({last})")
