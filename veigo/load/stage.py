"""Where Locust and a scene meet: what happens at Locust's events, in its master, its workers, or the one process.

Importing this, as every scene does through ``people.py``, is all it takes: a scene runs under the plain `locust -f` as
under `veigo load run`. The scene is that of the file's shape.
"""

import functools
import gc
import logging
import resource
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locust import argument_parser, events
from locust.env import Environment
from locust.runners import LocalRunner, WorkerRunner

from veigo.load import messages
from veigo.load.director import Director
from veigo.load.troupe import Troupe
from veigo.run_folder import RunFolder
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.load.scene import Scene

INCONCLUSIVE = 2

logger = logging.getLogger(__name__)


class Stage:
    """What this process has of a run: the director, a troupe, or both."""

    def __init__(self, environment: Environment) -> None:
        options: Any = environment.parsed_options
        self.environment = environment
        self.troupe: Troupe | None = None
        self.director: Director | None = None
        self.whole: Scene = environment.shape_class.scene  # type: ignore[union-attr]
        # Locust fills in 1 for users that were not asked for, but only after this.
        self.scene = self.whole.scaled(options.num_users, options.run_time)
        _check_room(self.scene.people, options.sockets_max)
        self.seed = secrets.randbelow(2**31) if options.seed is None else options.seed
        works = isinstance(environment.runner, WorkerRunner)
        self.exit_code = 0 if works else INCONCLUSIVE  # of a process that is to lead a run; workers judge nothing
        # Of the first run; a web page may start more of them. A master may have begun to write before its workers look.
        self._folder = None if works else _given_folder(options.run_folder)
        self._listen()

    def begin(self) -> None:
        """Begin a run."""
        runner = self.environment.runner
        if not isinstance(runner, WorkerRunner):
            folder, self._folder = self._folder or RunFolder.make(Path("runs")), None
            name = Path(self.environment.locustfile or "scene").stem
            self.director = Director(self.environment, name, self.whole, self.scene, self.seed, folder)
        if isinstance(runner, WorkerRunner | LocalRunner):
            director = self.director
            take = None if director is None else lambda records: director.archive.take("local", records)
            self.troupe = Troupe(self.environment, self.whole, take)
            self.troupe.begin()
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a socket for each person
            # What is written down is never freed while people talk; looking through it again and again would be felt.
            gc.freeze()
            gc.set_threshold(50_000, 50, 100)

    def end(self) -> None:
        """A run is over, or was stopped: judge it, unless somebody else will."""
        if self.troupe is not None:
            self.troupe.end()
            self.troupe = None
        if self.director is not None:
            from veigo.load.judging import judged_here  # whoever only makes load need not have what judging takes

            director, self.director = self.director, None
            director.abandon()
            director.archive.close()
            options: Any = self.environment.parsed_options
            self.exit_code = judged_here(director.folder, director.notes, leave=bool(options.unjudged))

    def _listen(self) -> None:
        assert self.environment.runner is not None
        for kind in (messages.WISH, messages.BACK, messages.ASK_TIME, messages.PIECE, messages.ANSWERED):
            self.environment.runner.register_message(kind, self._to_director)
        for kind in (messages.HEARD, messages.OVER):
            self.environment.runner.register_message(kind, self._to_director)
        for kind in (messages.ROLE, messages.TIME, messages.TAKEN):
            self.environment.runner.register_message(kind, self._to_troupe)
        for kind in (messages.SILENCE, messages.LISTEN, messages.CURTAIN):
            self.environment.runner.register_message(kind, self._to_troupe)

    def _to_director(self, environment: Environment, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's signature
        if self.director is not None:
            self.director.hear(msg.type, msg.node_id, msg.data)

    def _to_troupe(self, environment: Environment, msg: Any) -> None:  # noqa: ANN401, ARG002 - Locust's signature
        if self.troupe is not None:
            self.troupe.hear(msg.type, msg.data)


def _check_room(people: int, sockets_max: int | None) -> None:
    """Refuse a scene for which the stack has too few sockets.

    Raises:
        StackError: how many it has, and what to do.
    """
    if sockets_max is not None and people > sockets_max:
        raise StackError(
            f"{people:,} people need as many sockets, and the stack's processes may open files for {sockets_max:,}; "
            f"`veigo down`, then `veigo up --scale gateway=2 realtime=2`, or play it with --users {sockets_max}"
        )


def _given_folder(given: str | None) -> RunFolder | None:
    """The folder that was asked for, made if need be.

    Raises:
        StackError: a run has been written into it before.
    """
    if given is None:
        return None
    folder = RunFolder(Path(given).name, Path(given))
    if folder.history.exists():
        raise StackError(f"{given} has a run in it already; say another --run-folder")
    folder.path.mkdir(parents=True, exist_ok=True)
    return folder


_stages: dict[int, Stage] = {}


def stage_of(environment: Environment) -> Stage:
    """The stage of a process's environment."""
    return _stages[id(environment)]


def _add_options(parser: ArgumentParser) -> None:
    group = parser.add_argument_group("Veigo's scenes", "")
    group.add_argument("--seed", type=int, help="Who says what and when is drawn from it; the same seed, the same.")
    group.add_argument("--run-folder", help="An empty folder for everything that comes of the run; runs/<id> if none.")
    group.add_argument("--sockets-max", type=int, help="How many sockets the stack has room for; more are refused.")
    group.add_argument("--unjudged", action="store_true", help="Write the history down, and leave judging to others.")


def _begin(environment: Environment, **_: object) -> None:
    try:
        _stages[id(environment)] = Stage(environment)
    except StackError as error:
        logger.error("%s", error)
        raise SystemExit(INCONCLUSIVE) from None


def _test_starts(environment: Environment, **_: object) -> None:
    stage_of(environment).begin()


def _test_stops(environment: Environment, **_: object) -> None:
    stage_of(environment).end()


def _cpu_is_short(environment: Environment, cpu_usage: float, **_: object) -> None:
    if (troupe := stage_of(environment).troupe) is not None:
        troupe.heartbeat.warned(f"Locust warns that its processor was {cpu_usage:.0f} % busy")


def _quits(environment: Environment, **_: object) -> None:
    stage = _stages.get(id(environment))
    if stage is not None:
        stage.end()
        environment.process_exit_code = stage.exit_code


# A worker that is told of people asks for this once for each of ninety options, and each time Locust (2.47) builds a
# whole parser: half a second in which nobody else has a turn, whenever anybody comes or goes. It never changes.
argument_parser.default_args_dict = functools.cache(argument_parser.default_args_dict)

events.init_command_line_parser.add_listener(_add_options)
events.init.add_listener(_begin)
events.test_start.add_listener(_test_starts)
events.test_stop.add_listener(_test_stops)
events.cpu_warning.add_listener(_cpu_is_short)
events.quitting.add_listener(_quits)
