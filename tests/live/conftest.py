"""One real stack for all live tests: its own name, ports and state, started once and removed at the end.

It is what Veigo's own pytest plugin gives anybody, so they run on containers too: ``--veigo-runtime containers``.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from live.people import Person

HERE = Path(__file__).parent


@dataclass(frozen=True)
class LiveStack:
    """Where the stack of this test session answers."""

    name: str
    nodes: dict[str, str]

    @property
    def http(self):
        return f"http://{self.nodes['gateway']}"

    def socket_url(self, token, scheme="SuperDuperUser"):
        return f"ws://{self.nodes['gateway']}/?token={scheme}%20{token}"


def pytest_collection_modifyitems(items):
    """Let no test fail for a socket that another one's client left when its peer ended: it is collected whenever it is.

    Files, tasks and transports left open still fail the test in which they are found.
    """
    left = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(left)


def veigo(*arguments, within_s=60.0):
    """Run the command line as a user would."""
    command = [sys.executable, "-m", "veigo", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False)


@pytest.fixture(scope="session")
def stack(veigo_stack):
    """A whole stack of our own; what it printed is shown when it does not come up."""
    return LiveStack(veigo_stack.name, dict(veigo_stack.addresses))


@pytest.fixture(scope="session")
async def http():
    """One HTTP session, with a deadline on everything."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session:
        yield session


@pytest.fixture
def newcomer(stack, http):
    """Make somebody who has not signed up yet."""
    return lambda: Person(stack, http)


@pytest.fixture
def person(newcomer):
    """Make somebody who has signed up."""

    async def make(name="Bob"):
        return await newcomer().sign_up(name)

    return make
