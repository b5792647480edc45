"""The measures of `bench/measures/`: each file is one and bears its name."""

import importlib
import pkgutil
from collections.abc import Sequence

from bench import measures
from bench.measure import Measure
from veigo.stack.problem import StackError


def names() -> list[str]:
    """The name of every measure there is."""
    return sorted(found.name for found in pkgutil.iter_modules(measures.__path__))


def chosen(wanted: Sequence[str]) -> list[Measure]:
    """The measures of these names, in the order given; all of them when none is named.

    Raises:
        StackError: there is none of a name, or a file holds none.
    """
    known = names()
    if unknown := [name for name in wanted if name not in known]:
        raise StackError(f"no measure is called {', '.join(unknown)}; `python -m bench list` names those there are")
    return [_loaded(name) for name in (wanted or known)]


def _loaded(name: str) -> Measure:
    found = getattr(importlib.import_module(f"{measures.__name__}.{name}"), "measure", None)
    if not isinstance(found, Measure):
        raise StackError(f"bench/measures/{name}.py has no `measure = Measure(…)`; see another file beside it")
    return found
