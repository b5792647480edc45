"""What a run is tried by: all checkers, and the records it left."""

from dataclasses import dataclass

from saboteurs.drill import REVOKED_WITHIN_S
from veigo.checkers.catalogue import CATALOGUE
from veigo.checkers.checker import Checker
from veigo.checkers.fault_was_felt import FaultWasFelt
from veigo.checkers.ledger import Ledger
from veigo.checkers.nothing_after_revocation import NothingAfterRevocation
from veigo.history import Record
from veigo.verdict import Finding

# As in the catalogue, but for what a run of seconds needs otherwise.
CHECKERS: dict[str, Checker] = {type(checker).__name__: checker for checker in CATALOGUE} | {
    "NothingAfterRevocation": NothingAfterRevocation(within_s=REVOKED_WITHIN_S),
    "FaultWasFelt": FaultWasFelt(sends_min=1),
}


@dataclass
class Run:
    """What one go-between left behind."""

    records: list[Record]

    def judged_by(self, name: str) -> Finding:
        return CHECKERS[name].check(Ledger.of(self.records))
