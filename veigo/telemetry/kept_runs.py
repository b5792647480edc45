"""Where telemetry is looked up: in a run's folder, or in the collector of a stack that is up."""

import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from veigo.stack.problem import StackError
from veigo.telemetry.store import Store, unpacked

FETCH_WITHIN_S = 60.0
FILE = "telemetry.duckdb"
LAST = "last"


def file_of(run: str, into: Path) -> Path:
    """The telemetry of a run: named by its id or the beginning of it, by its folder, or as `last`.

    Raises:
        StackError: there is none, or several.
    """
    folder = Path(run)
    if (folder / FILE).exists():
        return folder / FILE
    kept = sorted(path for path in into.glob(f"*/{FILE}"))
    matching = kept[-1:] if run == LAST else [path for path in kept if path.parent.name.startswith(run)]
    if len(matching) == 1:
        return matching[0]
    if matching:
        names = ", ".join(path.parent.name for path in matching)
        raise StackError(f"{run} is the beginning of several runs: {names}; write more of it")
    there = f"; there are {', '.join(path.parent.name for path in kept[-5:])}" if kept else "; `veigo demo` makes one"
    raise StackError(f"{into}/ has no run {run} with telemetry{there}")


@contextmanager
def collected(collector_url: str, *, since_us: int = 0, is_unpacked: bool = True) -> Iterator[Store]:
    """What the collector has of the time since then, as a store to be read.

    Whoever needs no rows of spans is faster without: to unpack takes some 25 µs a span, and there may be a million.

    Raises:
        StackError: it cannot be asked.
    """
    with tempfile.TemporaryDirectory(prefix="veigo-") as folder:
        exported, path, until_us = Path(folder) / "exported.duckdb", Path(folder) / FILE, time.time_ns() // 1000
        url = f"{collector_url}/v1/run?since_us={since_us}&until_us={until_us}"
        try:
            with urllib.request.urlopen(url, timeout=FETCH_WITHIN_S) as answer, exported.open("wb") as file:  # noqa: S310
                shutil.copyfileobj(answer, file)
        except (urllib.error.URLError, OSError) as error:
            raise StackError(
                f"the collector at {collector_url} does not answer ({error}); start the stack with `veigo up`, "
                "or name a run with --run"
            ) from error
        if is_unpacked:
            unpacked(exported, path, since_us, until_us)
        with Store.open(path if is_unpacked else exported, read_only=True) as store:
            yield store
