"""Less of something for a process that runs (``prlimit``, Linux): for it and for all it started or will start.

Only the soft limit is lowered, so that nobody needs a privilege to lift it again. It is set as the account the process
runs as, because not even root may do it for another everywhere.
"""

import resource
import shutil
import subprocess
from typing import Any

import psutil

from veigo.faults.site import Resource
from veigo.stack.problem import StackError
from veigo.stack.process import find
from veigo.stack.state import ProcessId

OPTIONS = {Resource.FILES: "nofile", Resource.MEMORY: "as", Resource.DISK: "fsize"}
OWN = {"nofile": resource.RLIMIT_NOFILE, "as": resource.RLIMIT_AS, "fsize": resource.RLIMIT_FSIZE}
SET_WITHIN_S = 10.0


def lower(identity: ProcessId | None, what: Resource, at_most: int) -> None:
    """Lower one limit of a process and of all it started; memory counts from what each has now.

    Raises:
        StackError: the process does not run, or its limits cannot be set here.
    """
    family = _family(identity)
    if not family:
        raise StackError("there is nothing to limit; start the node first")
    for process in family:
        has = process.memory_info().vms if what is Resource.MEMORY and process.is_running() else 0
        _set(process, OPTIONS[what], str(has + at_most))


def lift(identity: ProcessId | None) -> None:
    """Give a process, and all it started, what this process itself may have.

    Raises:
        StackError: its limits cannot be set here.
    """
    for process in _family(identity):
        for option, number in OWN.items():
            soft = resource.getrlimit(number)[0]
            _set(process, option, "unlimited" if soft == resource.RLIM_INFINITY else str(soft))


def _set(process: psutil.Process, option: str, soft: str) -> None:
    program = shutil.which("prlimit")
    if program is None:
        raise StackError("prlimit is not installed, so no limit can be set; it is part of util-linux")
    account: dict[str, Any] = {}
    try:
        if process.uids().real != psutil.Process().uids().real:
            account = {"user": process.uids().real, "group": process.gids().real, "extra_groups": []}
    except psutil.NoSuchProcess:
        return
    done = subprocess.run(  # noqa: S603 - numbers and words of ours
        [program, f"--pid={process.pid}", f"--{option}={soft}:"],
        **account,
        capture_output=True,
        text=True,
        timeout=SET_WITHIN_S,
        check=False,
    )
    if done.returncode != 0 and process.is_running():
        raise StackError(f"{option} of process {process.pid} cannot be set: {done.stderr.strip()}")


def _family(identity: ProcessId | None) -> list[psutil.Process]:
    process = find(identity)
    try:
        return [process, *process.children(recursive=True)] if process else []
    except psutil.NoSuchProcess:
        return []
