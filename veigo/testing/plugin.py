"""The pytest plugin: the stack, or a part of it, as fixtures of a session.

    def test_a_room_has_members(veigo_stack):
        requests.post(veigo_stack.graphql_url, …)

``--veigo-runtime processes|containers`` says what they run on, ``--veigo-stack NAME`` has a stack used that runs
already. Whatever is asked for is started once in a session, also when pytest-xdist spreads it over several workers, and
ends with it, even when that is killed. Every pytest that Veigo is installed beside loads this file, so it loads nothing
itself.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pytest

if TYPE_CHECKING:
    from veigo.testing.running import RunningPart, RunningStack
    from veigo.testing.shared_session import SharedSession

FOLDER = pytest.StashKey[Path]()
OWNER = pytest.StashKey[TextIO]()
WORKER_KEY = "veigo_session"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say what one may choose."""
    group = parser.getgroup("veigo", "the Veigo stack and its parts")
    group.addoption(
        "--veigo-runtime",
        choices=("processes", "containers"),
        default="processes",
        help="What veigo_stack and its parts run on.",
    )
    group.addoption("--veigo-stack", metavar="NAME", help="Use this stack, which must run, and leave it running.")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - pytest-xdist's, which need not be there
    """Tell a worker of pytest-xdist where all workers share what they start."""
    node.workerinput[WORKER_KEY] = str(_folder(node.config))


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what the session started; workers leave that to whoever started them."""
    if not hasattr(config, "workerinput") and FOLDER in config.stash:
        _session(config).close()


@pytest.fixture(scope="session")
def veigo_stack(request: pytest.FixtureRequest) -> "RunningStack":
    """The whole stack, up and proven by a message that went all the way: addresses, GraphQL and socket URLs."""
    return _session(request.config).stack()


@pytest.fixture(scope="session")
def veigo_postgres(request: pytest.FixtureRequest) -> "RunningPart":
    """An empty PostgreSQL with logical decoding; ``url`` is its administrator's."""
    return _session(request.config).part("postgres")


@pytest.fixture(scope="session")
def veigo_kafka(request: pytest.FixtureRequest) -> "RunningPart":
    """One Kafka broker without topics; ``address`` is its bootstrap address."""
    return _session(request.config).part("kafka")


@pytest.fixture(scope="session")
def veigo_mongo(request: pytest.FixtureRequest) -> "RunningPart":
    """What speaks MongoDB's protocol, empty; ``url`` begins with mongodb://."""
    return _session(request.config).part("mongo")


@pytest.fixture(scope="session")
def veigo_opa(request: pytest.FixtureRequest) -> "RunningPart":
    """Open Policy Agent with the stack's policies, and no data; ``url`` is its REST API's."""
    return _session(request.config).part("opa")


@pytest.fixture(scope="session")
def veigo_connect(request: pytest.FixtureRequest) -> "RunningPart":
    """Kafka Connect with Debezium and a broker of its own; ``url`` is its REST API's."""
    return _session(request.config).part("connect")


def _session(config: pytest.Config) -> "SharedSession":
    from veigo.testing.shared_session import SharedSession

    return SharedSession(_folder(config), config.getoption("--veigo-runtime"), config.getoption("--veigo-stack"))


def _folder(config: pytest.Config) -> Path:
    """The folder of this session: the same for all workers."""
    if hasattr(config, "workerinput"):
        return Path(config.workerinput[WORKER_KEY])
    if FOLDER not in config.stash:
        import tempfile

        from veigo.testing.shared_session import own

        config.stash[FOLDER] = Path(tempfile.mkdtemp(prefix="veigo-pytest-"))
        config.stash[OWNER] = own(config.stash[FOLDER])
    return config.stash[FOLDER]
