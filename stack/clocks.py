"""Other times of day for a node of the process runtime, by libfaketime; and what time a node believes it is.

libfaketime is a library that is loaded before the C library's own (``apt-get install libfaketime``). It moves the time
of day only; whoever measures durations by the monotonic clock measures right. A program that asks the kernel itself,
as Go's do, is not deceived by it.
"""

import datetime
import json
from pathlib import Path

import psutil

from veigo.stack.problem import NotReadyError, StackError
from veigo.stack.process import find, last_lines
from veigo.stack.state import ProcessId

PLACES = ("/usr/lib", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib")
NAMES = ("libfaketimeMT.so.1", "libfaketimeMT.1.dylib")
MARK = "FAKETIME"


def environment(ahead_s: int) -> dict[str, str]:
    """What a process must be started with to have another time of day.

    Raises:
        StackError: libfaketime is not installed.
    """
    library = installed()
    if library is None:
        raise StackError("libfaketime is not installed, so no clock can be set; `apt-get install libfaketime`")
    return {
        "LD_PRELOAD": str(library),
        MARK: f"{ahead_s:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def installed() -> Path | None:
    """Where libfaketime is, if it is installed."""
    patterns = (f"{below}{name}" for name in NAMES for below in ("", "faketime/", "*/faketime/"))
    found = (path for pattern in patterns for place in PLACES for path in Path(place).glob(pattern))
    return next(found, None)


def is_set(identity: ProcessId | None) -> bool:
    """Whether the process was started with another time of day."""
    process = find(identity)
    try:
        return process is not None and MARK in process.environ()
    except psutil.Error:
        return False


def ahead_s(log: Path) -> float:
    """How far the last line of a service's log is ahead of when it was written, which the file knows.

    Raises:
        NotReadyError: the last line bears no time.
    """
    try:
        line = json.loads(last_lines(log, 1)[-1])
        said = datetime.datetime.fromisoformat(line["timestamp"])
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise NotReadyError(f"the last line of {log} bears no time") from error
    return said.timestamp() - log.stat().st_mtime
