"""The stack under a stand of a chaos run: found or made, made anew when left broken, and left as it was found."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from veigo.commands.display import complain, progress, say
from veigo.stack.problem import StackError

if TYPE_CHECKING:
    from veigo.plan import Stand
    from veigo.stack.stack import Stack


class Ground:
    """One stack, arranged as a stand asks for."""

    def __init__(self, name: str, stand: "Stand") -> None:
        self._name = name
        self._stand = stand
        self._made_here = _existing(name) is None
        self._found_running = False
        self.stack = self._opened()

    @classmethod
    @contextmanager
    def under(cls, stand: "Stand", name: str, *, keep: bool) -> Iterator["Ground"]:
        """The stack, up; in the end it is stopped, and deleted, unless it was there before or is to be kept.

        Raises:
            StackError: there is no such stack, and none can be had.
        """
        ground = cls(name, stand)
        ground._up()  # what does not start is stopped, and its logs stay
        try:
            yield ground
        finally:
            if not (ground._found_running or keep):
                say(f"stopping stack {name}")
                ground._down()

    def is_healthy(self) -> bool:
        """Whether every node answers, if need be after starting over with an empty stack; somebody else's stays."""
        if _is_healthy(self.stack):
            return True
        if not self._made_here:
            complain(f"stack {self._name} did not get healthy again; `veigo chaos heal --name {self._name}`")
            return False
        say(f"stack {self._name} did not get healthy again; starting over with an empty one")
        self._down()
        self.stack = self._opened()
        self._up()
        return True

    def _opened(self) -> "Stack":
        from veigo.commands.up import opened

        if (containers := _in_containers(self._name)) is not None:
            _require(containers, self._stand)
            return containers
        scale = [f"{node}={count}" for node, count in self._stand.scale.items()]
        return opened(self._name, None, scale, proxied=self._stand.proxied or None)

    def _up(self) -> None:
        from stack.runtimes import runtime_of

        runtime = runtime_of(self.stack)
        self._found_running = runtime.is_running()
        with progress() as report:
            asyncio.run(runtime.bring_up(report))

    def _down(self) -> None:
        from stack.runtimes import runtime_of

        asyncio.run(runtime_of(self.stack).bring_down(lambda _: None, purge=self._made_here))


def _require(stack: "Stack", stand: "Stand") -> None:
    """Refuse a stand that a stack in containers is not; such a stack stays as it is.

    Raises:
        StackError: it has fewer of a node, or the stand needs proxies.
    """
    if stand.proxied:
        raise StackError(
            f"stack {stack.name} is in containers, where no proxies stand in the edges; choose another --name"
        )
    for kind, count in stand.scale.items():
        if len(stack.topology.replicas(kind)) < count:
            raise StackError(
                f"stack {stack.name} has fewer than {count} of {kind}; "
                "`veigo up --containers --overlay cluster --name …` has several"
            )


def _in_containers(name: str) -> "Stack | None":
    from veigo.stack.project import kept

    known = _existing(name)
    return None if known is None or kept(known.folder) is None else known


def _existing(name: str) -> "Stack | None":
    from stack.table import TOPOLOGY
    from stack.tools import toolchain
    from veigo.stack.stack import Stack

    return Stack.existing(TOPOLOGY, toolchain(), name)


def _is_healthy(stack: "Stack") -> bool:
    from stack.runtimes import site_of

    try:
        asyncio.run(site_of(stack).until_healthy())
    except StackError as error:
        complain(str(error))
        return False
    return True
