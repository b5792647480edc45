"""What the peers are built from: Go's registry, npm's, and a C compiler; each kept under a hash of what pins it.

Go checks every module against go.sum, npm every package against the lock file. What cannot be built is said in one
sentence and leaves only its own rows of the scoreboard empty.
"""

import json
import re
import shutil
import sys
from pathlib import Path

from bench.measure import Unable
from stack.tools import build_go
from veigo.stack.problem import StackError
from veigo.stack.progress import Progress
from veigo.stack.stack import home_folder
from veigo.stack.toolchain import Tool, Toolchain, Workshop

SOURCES = Path(__file__).parent / "sources"
CENTRIFUGO_MOD = SOURCES / "centrifugo" / "go.mod"
SOCKETIO = SOURCES / "socketio"
NATIVE = SOURCES / "native"
C_OPTIONS = ("-std=c11", "-O2", "-Wall")
INSTALLED_BY = {"go": "golang", "npm": "npm", "cc": "gcc"}


async def build_centrifugo(workshop: Workshop, folder: Path) -> None:
    """Centrifugo, compiled as its own go.mod has it."""
    await build_go(workshop, "github.com/centrifugal/centrifugo/v6", CENTRIFUGO_MOD, folder / "centrifugo")


async def build_socketio(workshop: Workshop, folder: Path) -> None:
    """The Socket.IO server with the packages of its lock file."""
    for name in ("package.json", "package-lock.json", "server.mjs"):
        shutil.copy(SOCKETIO / name, folder)
    await workshop.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", folder=folder)


async def build_listener(workshop: Workshop, folder: Path) -> None:
    """The listener."""
    await workshop.run("cc", *C_OPTIONS, "-o", folder / "listener", NATIVE / "listener.c")


async def build_send_loop(workshop: Workshop, folder: Path) -> None:
    """The floor of fan-out."""
    await workshop.run("cc", *C_OPTIONS, "-o", folder / "send_loop", NATIVE / "send_loop.c")


TOOLS = (
    Tool("centrifugo", "Centrifugo, compiled (1–3 min the first time)", (CENTRIFUGO_MOD,), build_centrifugo),
    Tool(
        "socketio",
        "Socket.IO, out of npm's registry",
        tuple(SOCKETIO / name for name in ("package-lock.json", "server.mjs")),
        build_socketio,
    ),
    Tool("listener", "the listener, compiled", (NATIVE / "listener.c", *C_OPTIONS), build_listener),
    Tool("send_loop", "the floor of fan-out, compiled", (NATIVE / "send_loop.c", *C_OPTIONS), build_send_loop),
)
PROGRAMS = {"centrifugo": "go", "socketio": "npm", "listener": "cc", "send_loop": "cc"}  # what each is built with


def toolchain() -> Toolchain:
    """The peers' programs, beside the stacks' own."""
    return Toolchain(home_folder() / "peers", TOOLS)


async def build(*names: str) -> None:
    """Build what is missing of these; say in a sentence what could not be built, and leave it at that."""
    tools = toolchain()
    for name in tools.missing(*names):
        if why := await _why_not(tools, name):
            sys.stderr.write(f"  {name} could not be built: {why}\n")


async def _why_not(tools: Toolchain, name: str) -> str:
    program = PROGRAMS[name]
    if shutil.which(program) is None:
        return f"{program} is not installed (on Debian: apt-get install {INSTALLED_BY[program]})"
    try:
        await tools.build(_silent, name)
    except StackError as error:
        return f"{str(error).partition(';')[0]}; see {tools.folder / name}.log"
    return ""


def _silent(_: Progress) -> None:
    """Say nothing: whoever has measures built has been told."""


def version(name: str) -> str:
    """Which version of a peer its sources pin."""
    if name == "centrifugo":
        return str(re.findall(r"centrifugal/centrifugo/v6 v(\S+)", CENTRIFUGO_MOD.read_text())[0])
    return str(json.loads((SOCKETIO / "package.json").read_text())["dependencies"]["socket.io"])


def built(name: str) -> Path:
    """The folder of a peer's program.

    Raises:
        Unable: it is not built.
    """
    tools = toolchain()
    if tools.missing(name):
        raise Unable(f"{name} is not built; `python -m bench build` builds it, or says what that takes")
    return tools.path(name)
