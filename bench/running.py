"""Carries measures out: side after side in an order drawn anew for each repetition, so that a drift meets all alike."""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack

from bench.measure import Figures, Measure, Repeat, Unable, Void
from bench.scoring import Repetition, Taken
from bench.site import Site
from veigo.stack.problem import first_of, first_sentence

OPENED_WITHIN_S = 240.0  # fifty thousand sockets on a small machine


def say(text: str) -> None:
    """Tell whoever waits how far it is."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def taken(measure: Measure, site: Site, repetitions: int) -> Taken:
    """Carry a measure out. What goes wrong ends it, and is said in the result instead of raised."""
    done: list[Repetition] = []
    say(f"{measure.name}: {measure.question}")
    try:
        async with AsyncExitStack() as held:
            async with asyncio.timeout(OPENED_WITHIN_S):
                sides = await held.enter_async_context(measure.opened(site))
            if missing := set(measure.sides) ^ set(sides):
                raise Unable(f"bench/measures/{measure.name}.py names {', '.join(missing)} in one place only")
            for number in range(repetitions):
                order = drawn_order(measure, site, number)
                done.append(Repetition(order, await _round(measure, sides, order)))
                say(f"  {number + 1}/{repetitions}  {_in_short(measure, done[-1].figures)}")
    except Exception as raised:  # noqa: BLE001 - one measure that fails must not take the others with it
        return _ended(done, _why(first_of(raised)))
    return Taken(tuple(done))


def drawn_order(measure: Measure, site: Site, number: int) -> tuple[str, ...]:
    """The order of a repetition's sides, the same for the same seed."""
    sides = sorted(measure.sides)
    return tuple(site.rng(f"{measure.name} {number}").sample(sides, len(sides)))


async def _round(measure: Measure, sides: Mapping[str, Repeat], order: tuple[str, ...]) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for side in order:
        try:
            async with asyncio.timeout(measure.within_s):
                found[side] = await sides[side]()
        except TimeoutError as error:
            raise Void(f"{side} was not done within {measure.within_s:g} s") from error
    return found


def _why(error: BaseException) -> str:
    match error:
        case Void():
            return f"void: {error}"
        case Unable():
            return str(error)
    return f"it failed: {first_sentence(error)}"


def _ended(done: list[Repetition], why_not: str) -> Taken:
    say(f"  not measured: {why_not}")
    return Taken(tuple(done), why_not)


def _in_short(measure: Measure, figures: dict[str, Figures]) -> str:
    wanted = {ratio.figure: None for ratio in measure.ratios} | {r.under_figure: None for r in measure.ratios}
    return " · ".join(
        f"{side} " + ", ".join(f"{name} {figures[side][name]:.4g}" for name in wanted if name in figures[side])
        for side in measure.sides
    )
