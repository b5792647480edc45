"""``veigo load run``: many people play a scene, and all that they were told and received is judged.

Locust runs as a program of its own, as gevent changes the whole process it is in. It writes the history; here the
stack is asked what it has stored, and the run is judged. One command: ``veigo load run evening_peak --minutes 0.5``.
"""

import asyncio
import resource
import secrets
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from veigo.commands.display import complain, say
from veigo.commands.judging import NOT_KEPT, brought_up, judging
from veigo.commands.load.list import FOLDER, Folder, scenes_in
from veigo.commands.up import Name
from veigo.stack.problem import StackError
from veigo.verdict import Verdict

if TYPE_CHECKING:
    from veigo.report import Report
    from veigo.run_folder import RunFolder
    from veigo.stack.stack import Stack

INTERRUPTED_WITHIN_S = 60.0  # for people to hang up and the history to come; above it Locust is killed
MINUTES_MIN = 0.084  # five seconds, below which nothing can be measured
LOCUSTS_OWN = "locust"  # the beginning of the names of Locust's own files in the run's folder


def run(
    scene: Annotated[str, typer.Argument(help="A scene of `veigo load list`.")],
    folder: Folder = FOLDER,
    name: Name = "default",
    users: Annotated[
        int | None, typer.Option("--users", help="How many people at most; the scene's own.", min=2)
    ] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="For how long they talk; the scene's own.", min=MINUTES_MIN)
    ] = None,
    processes: Annotated[int, typer.Option("--processes", help="How many processes make the load.", min=1)] = 1,
    seed: Annotated[int | None, typer.Option("--seed", help="Who says what and when; the same seed, the same.")] = None,
    traces: Annotated[bool, typer.Option("--traces/--no-traces", help="Judge by every message's trace, too.")] = True,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the stack running, even if this started it.")] = False,
    into: Annotated[Path, typer.Option("--into", help="The folder that gets the run's folder.")] = Path("runs"),
) -> None:
    """Let many people play a scene, and judge it. Exit code 0: holds, 1: violated, 2: inconclusive."""
    with judging():
        if find_spec("locust") is None:
            raise StackError("Locust is not installed; `make sync` brings it, or pip install 'veigo[load]'")
        known = scenes_in(folder)
        if scene not in known:
            raise StackError(f"no scene is called {scene}; `veigo load list` names those there are")
        seed = secrets.randbelow(2**31) if seed is None else seed
        wanted = [*_number("--users", users), *_number("--run-time", None if minutes is None else round(minutes * 60))]
        options = [*wanted, "--seed", str(seed), *(("--processes", str(processes)) if processes > 1 else ())]
        verdict = _on_the_stack(name, known[scene], options, into, traces=traces, keep=keep)
    raise typer.Exit(verdict.exit_code)


def _number(option: str, value: float | None) -> tuple[str, ...]:
    return () if value is None else (option, f"{value:g}")


def _on_the_stack(name: str, scene: Path, options: list[str], into: Path, *, traces: bool, keep: bool) -> Verdict:
    """Make sure the stack is up, run, and leave the stack as it was found."""
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.run_folder import RunFolder
    from veigo.stack.stack import Stack

    stack = Stack.open(TOPOLOGY, toolchain(), name=name)
    with brought_up(stack, keep=keep, hint=NOT_KEPT):
        return _played(stack, scene, options, RunFolder.make(into), traces=traces)


def _played(stack: "Stack", scene: Path, options: list[str], folder: "RunFolder", *, traces: bool) -> Verdict:
    from stack.auditor import Auditor
    from veigo.commands.run_display import show
    from veigo.load.testimony import Testimony
    from veigo.witness import Witness

    collector = f"http://{stack.address('collector')}" if traces else None
    testimony = Testimony(folder, Witness(stack.addresses_of("kafka")), Auditor(stack), collector)
    testimony.begin()
    _locust(stack, scene, options, folder)
    report = asyncio.run(testimony.judged())
    show(report)
    _say_where_to_look(folder, scene, report)
    return report.verdict


def _locust(stack: "Stack", scene: Path, options: list[str], folder: "RunFolder") -> None:
    """Let Locust play the scene; whatever becomes of it is in the history.

    Raises:
        StackError: it did not get as far as writing one.
    """
    own = folder.path / LOCUSTS_OWN
    command = [sys.executable, "-m", "locust", "--locustfile", str(scene), "--headless", "--only-summary"]
    command += ["--host", f"http://{stack.address('gateway')}", "--run-folder", str(folder.path), "--unjudged"]
    command += ["--html", f"{own}.html", "--csv", str(own), "--csv-full-history", *options, *_room_in(stack)]
    log = folder.path / f"{LOCUSTS_OWN}.log"
    say(f"  ▸ playing {scene.stem}; Locust's log is {log}")
    with log.open("wb") as output:
        ended = _waited_for(subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT))  # noqa: S603 - no shell
    if not folder.history.exists():
        raise StackError(f"Locust did not begin: {_last_line(log)}; see {log}")
    if ended != 0:
        complain(f"Locust ended with code {ended}: {_last_line(log)}; see {log}")


def _room_in(stack: "Stack") -> list[str]:
    """How many sockets the stack has room for, where it is known: its processes may open as many files as this one."""
    if stack.addresses:
        return []
    from veigo.crowd.spread import room_in_stack

    _, files_max = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files_max == resource.RLIM_INFINITY:
        return []
    gateways, realtimes = (len(stack.topology.replicas(node)) for node in ("gateway", "realtime"))
    return ["--sockets-max", str(room_in_stack(gateways, realtimes, files_max))]


def _waited_for(playing: "subprocess.Popen[bytes]") -> int:
    """Wait for Locust; on Ctrl-C until it has ended its run and written down what it has, which takes it a moment."""
    try:
        return playing.wait()
    except KeyboardInterrupt:
        playing.send_signal(signal.SIGINT)
    try:
        return playing.wait(timeout=INTERRUPTED_WITHIN_S)
    except subprocess.TimeoutExpired:
        playing.kill()
        return playing.wait()


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _say_where_to_look(folder: "RunFolder", scene: Path, report: "Report") -> None:
    say()
    say(f"  report      {folder.path / 'report.html'}")
    say(f"  Locust's    {folder.path / f'{LOCUSTS_OWN}.html'}")
    say(f"  run folder  {folder.path}")
    people, minutes = report.parameters["people"], report.parameters["minutes"]
    say(f"  again       veigo load run {scene.stem} --users {people} --minutes {minutes} --seed {report.seed}")
