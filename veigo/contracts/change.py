"""What changed in a contract: how bad it is, where, what, for whom, and what to do about it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """How much a change asks of those who rely on the contract as it was.

    Breaking: somebody who did nothing wrong fails. Dangerous: they may meet what they have not met before. Safe: nobody
    who was right before is wrong now.
    """

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    SAFE = "safe"


ORDER = tuple(Severity)
CONTRACTS = ("grpc", "graphql", "records", "frames", "policies")


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes:
        contract: one of CONTRACTS.
        where: the thing that changed, in the contract's own spelling.
        what: a sentence without its subject's name: "is gone", "may be null now".
        owner: the node that makes the promise.
        affected: who relies on it, from the stack's table.
        advice: what to do instead, or first.
    """

    contract: str
    severity: Severity
    where: str
    what: str
    owner: str
    affected: tuple[str, ...]
    advice: str

    @property
    def sentence(self) -> str:
        """The change with all that belongs to it, in one line."""
        return f"{self.where} {self.what}. {self.for_whom}. {self.advice}"

    @property
    def for_whom(self) -> str:
        """Who is affected, in words."""
        if not self.affected:
            return f"{self.owner} promises it, and nobody in the stack uses it"
        return f"{self.owner} promises it to {', '.join(self.affected)}"

    def as_json(self) -> dict[str, Any]:
        """The change as plain data."""
        return asdict(self) | {"severity": self.severity.value}


def worst_first(changes: Iterable[Change]) -> list[Change]:
    """Changes by severity, then by where they are."""
    return sorted(
        changes, key=lambda change: (ORDER.index(change.severity), change.contract, change.where, change.what)
    )


def of_severity(changes: Iterable[Change], severity: Severity) -> list[Change]:
    """The changes that are just so bad."""
    return [change for change in changes if change.severity is severity]
