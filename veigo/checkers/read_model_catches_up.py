"""Once nothing is under way any more, the copies say what PostgreSQL implies: MongoDB's documents and OPA's data."""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.verdict import Finding

COPIES = ("mongodb", "opa")


class ReadModelCatchesUp(Checker):
    """The copies were equal to what PostgreSQL implies, within a bound after the run's last operation."""

    promise = "MongoDB and Open Policy Agent ended with what PostgreSQL implies"
    anomaly = "diverged replica: a copy that differs when nothing is under way any more, or was equal too late"

    def __init__(self, *, within_s: float = 30.0) -> None:
        self._within_s = within_s

    def concerns(self, ledger: Ledger) -> bool:
        """Whether they were compared."""
        return bool(ledger.compared)

    def check(self, ledger: Ledger) -> Finding:
        """Look at the last comparison of each."""
        missing = [what for what in COPIES if what not in ledger.compared]
        if missing:
            return self.inconclusive(f"nobody held {' and '.join(missing)} against PostgreSQL")

        results = [ledger.compared[what] for what in COPIES]
        wrong = [
            Anomaly(f"{each.what}: {line}", (each,))
            for each in results
            for line in each.wrong or [""]
            if each.wrong_total
        ]
        wrong += [
            Anomaly(
                f"{each.what} was equal only after {each.after_s:.1f} s; {self._within_s:g} s were allowed", (each,)
            )
            for each in results
            if not each.wrong_total and not each.moved and each.after_s > self._within_s
        ]
        if wrong:
            total = sum(each.wrong_total for each in results)
            return self.convicted(ledger, f"{total:,} differences from PostgreSQL" if total else "too late", wrong)
        if moved := [f"{each.what}: {each.moved} rooms still moved" for each in results if each.moved]:
            return self.inconclusive("not everything stood still", moved)
        if not any(each.equal for each in results):
            return self.inconclusive("there was nothing to compare")
        said = ", ".join(f"{each.what} {each.equal:,} equal after {each.after_s:.1f} s" for each in results)
        return self.holds(said)
