"""The five contracts of a stack, as plain data: of this checkout, of another tree, or as last released.

    protos      gRPC: the .proto sources, by path below protos/
    graphql     the gateway's schema, in GraphQL's own language
    records     Kafka: by topic its owner, partitions, settings, and JSON Schemas of key, value and payloads
    frames      the socket: an AsyncAPI 3 document
    policies    OPA: by policy its title, and JSON Schemas of question and answer
    decisions   what the policies decided when they were released, by question and data (`decisions.py`)

`of_tree` makes them out of a tree's sources: what is data is read, what is made of code is made by running that code.
`released` reads what `veigo contracts release` wrote. `Frames` are the frames of an AsyncAPI document, one by one.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from veigo.contracts import policy_files
from veigo.contracts.document import Json
from veigo.stack.problem import StackError

RELEASED = Path("contracts") / "released"
PROTOS = Path("protos")
GRAPHQL = Path("services") / "gateway" / "schema.graphql"
FRAMES_MAKER = "services.realtime.frame_contract"
RECORDS_MAKER = "stack.record_contracts"
MADE_WITHIN_S = 60


@dataclass(frozen=True)
class Contracts:
    """All five."""

    protos: Mapping[str, str]
    graphql: str
    records: Mapping[str, Json]
    frames: Json
    policies: Mapping[str, Json]
    decisions: Json = field(default_factory=lambda: {"data": {}, "cases": []})


@dataclass(frozen=True)
class Frame:
    """One frame type of the socket.

    Attributes:
        sent_by: `client` or `server`.
        says: what it means, in a sentence.
        schema: of the whole frame, envelope included.
        examples: whole frames.
    """

    type: str
    sent_by: str
    says: str
    schema: Json
    examples: tuple[Json, ...]

    @property
    def payload(self) -> Json:
        """The schema of the one object in the frame's payload."""
        item: Json = self.schema["properties"]["payload"]["items"]
        return item


def frames_of(document: Json) -> dict[str, Frame]:
    """Return the frames of an AsyncAPI document, by type. Its actions are the server's."""
    found: dict[str, Frame] = {}
    for operation in document["operations"].values():
        for reference in operation["messages"]:
            name = reference["$ref"].rpartition("/")[2]
            message = document["components"]["messages"][name]
            examples = tuple(example["payload"] for example in message["examples"])
            sender = "client" if operation["action"] == "receive" else "server"
            found[name] = Frame(name, sender, message["summary"], message["payload"], examples)
    return found


def of_tree(root: Path) -> Contracts:
    """Make the contracts of the tree at `root` out of its sources.

    Raises:
        StackError: something there could not be read, or the code that makes a contract failed.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        frames, records = (pool.submit(made, root, maker) for maker in (FRAMES_MAKER, RECORDS_MAKER))
        return Contracts(
            protos=protos(root),
            graphql=graphql(root),
            records=records.result(),
            frames=frames.result(),
            policies=policy_files.policies(root),
        )


def protos(root: Path) -> dict[str, str]:
    """Read a tree's .proto sources, by path below `protos/`."""
    return _protos(root / PROTOS)


def graphql(root: Path) -> str:
    """Read a tree's GraphQL schema.

    Raises:
        StackError: it cannot be read.
    """
    try:
        return (root / GRAPHQL).read_text(encoding="utf-8")
    except OSError as error:
        raise StackError(f"cannot read the contracts of {root}: {error.strerror}: {error.filename}") from error


def released(root: Path) -> Contracts:
    """Read the contracts that the tree at `root` released last.

    Raises:
        StackError: it has released none, or they cannot be read.
    """
    folder = root / RELEASED
    try:
        return Contracts(
            protos=_protos(folder / "protos"),
            graphql=(folder / "schema.graphql").read_text(encoding="utf-8"),
            records={path.stem: _json(path) for path in sorted((folder / "records").glob("*.json"))},
            frames=_json(folder / "asyncapi.json"),
            policies={path.stem: _json(path) for path in sorted((folder / "policies").glob("*.json"))},
            decisions=_json(folder / "decisions.json"),
        )
    except FileNotFoundError as error:
        raise StackError(
            f"no contracts were released there ({error.filename}); run `veigo contracts release`"
        ) from None
    except ValueError as error:
        raise StackError(f"the released contracts in {folder} cannot be read: {error}") from error


def write(contracts: Contracts, folder: Path) -> None:
    """Write contracts into an empty folder, as `released` reads them."""
    for path, text in contracts.protos.items():
        _write(folder / "protos" / path, text)
    _write(folder / "schema.graphql", contracts.graphql)
    for topic, record in contracts.records.items():
        _write(folder / "records" / f"{topic}.json", _text(record))
    _write(folder / "asyncapi.json", _text(contracts.frames))
    for name, policy in contracts.policies.items():
        _write(folder / "policies" / f"{name}.json", _text(policy))
    cases = ",\n".join(json.dumps(case, ensure_ascii=False) for case in contracts.decisions["cases"])
    data = json.dumps(contracts.decisions["data"], ensure_ascii=False)
    _write(folder / "decisions.json", f'{{"data": {data},\n"cases": [\n{cases}\n]}}\n')


def _protos(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in sorted(folder.rglob("*.proto"))}


def _json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _text(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def made(root: Path, module: str) -> dict[str, Any]:
    """Run a module of that tree, which prints a contract. This process's own copy of the code is not asked."""
    source = (root / Path(*module.split("."))).with_suffix(".py")
    if not source.is_file():  # Python would find the installed one instead
        raise StackError(f"there is no {source}, which makes a contract")
    command = [sys.executable, "-m", module]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and a module's name
            command, cwd=root, capture_output=True, text=True, timeout=MADE_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"`python -m {module}` did not finish within {MADE_WITHIN_S} s in {root}") from None
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise StackError(f"`python -m {module}` failed in {root}: {said[0]}")
    document: dict[str, Any] = json.loads(done.stdout)
    return document
