"""All five contracts of a tree compared with those that were released, or with those of a git revision."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from veigo.contracts import contracts, decisions
from veigo.contracts.change import CONTRACTS, Change, worst_first
from veigo.contracts.contracts import Contracts, of_tree
from veigo.contracts.frame_changes import frame_changes
from veigo.contracts.graphql_changes import graphql_changes
from veigo.contracts.parties import Parties
from veigo.contracts.policy_changes import decision_changes, policy_changes
from veigo.contracts.policy_files import POLICIES, policies
from veigo.contracts.proto_changes import proto_changes
from veigo.contracts.record_changes import record_changes
from veigo.stack.edge import Edge
from veigo.stack.problem import StackError

GIT_WITHIN_S = 30


@dataclass(frozen=True)
class Programs:
    """The programs that a comparison needs."""

    buf: Path
    opa: Path


def compared(
    old: Contracts, root: Path, edges: Iterable[Edge], programs: Programs, only: Collection[str] = CONTRACTS
) -> list[Change]:
    """Compare contracts with those of the tree at `root`; the worst changes come first.

    Args:
        old: what was promised.
        root: the tree; of its sources, what is promised now is made.
        edges: of the stack's table, for who is affected.
        programs: buf and OPA.
        only: the contracts to compare.

    Raises:
        StackError: one of them could not be read or compared.
    """
    parties = Parties(edges, root)
    changes: list[Change] = []
    for contract in CONTRACTS:
        if contract in only:
            changes += _compared(contract, old, root, parties, programs)
    return worst_first(changes)


def _compared(contract: str, old: Contracts, root: Path, parties: Parties, programs: Programs) -> Iterable[Change]:
    match contract:
        case "grpc":
            return proto_changes(programs.buf, old.protos, contracts.protos(root), parties)
        case "graphql":
            return graphql_changes(old.graphql, contracts.graphql(root))
        case "records":
            return record_changes(old.records, contracts.made(root, contracts.RECORDS_MAKER), parties)
        case "frames":
            return frame_changes(old.frames, contracts.made(root, contracts.FRAMES_MAKER), parties)
        case _:
            return _policies(old, root, parties, programs)


def _policies(old: Contracts, root: Path, parties: Parties, programs: Programs) -> Iterator[Change]:
    new = policies(root)
    yield from policy_changes(old.policies, new, parties)
    cases = [case for case in old.decisions["cases"] if case["policy"] in new]
    now = decisions.decided(programs.opa, root / POLICIES, cases, old.decisions["data"])
    yield from decision_changes(cases, [decisions.essence(decision) for decision in now], parties)


def of_revision(root: Path, revision: str, programs: Programs) -> Contracts:
    """Make the contracts of a git revision of the repository at `root` out of its own sources.

    Raises:
        StackError: there is no such revision, or its contracts cannot be made any more.
    """
    with checked_out(root, revision) as tree:
        made = of_tree(tree)
        answers = decisions.recorded(programs.opa, tree, made.policies)
    return Contracts(made.protos, made.graphql, made.records, made.frames, made.policies, answers)


@contextmanager
def checked_out(root: Path, revision: str) -> Iterator[Path]:
    """A revision's files in a folder that goes away again; the working tree is not touched."""
    command = ["git", "-C", str(root), "archive", "--format=tar", revision, "--"]
    wanted = ["contracts", "policies", "protos", "services", "stack", "veigo"]
    try:
        done = subprocess.run(  # noqa: S603 - git, as everybody has it
            [*command, *wanted], capture_output=True, timeout=GIT_WITHIN_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StackError(f"git could not read {revision}: {error}") from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["git said nothing"]
        raise StackError(f"cannot compare with {revision}: {said[-1]}")
    with tempfile.TemporaryDirectory() as place, tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(place, filter="data")
        yield Path(place)
