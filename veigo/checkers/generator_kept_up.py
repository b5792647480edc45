"""The load came as it was planned, and what was measured is the stack and not whoever measured.

It promises nothing about the stack. It keeps figures that a tired generator made from passing for the stack's own.
"""

from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.load.keeping_up import doubts
from veigo.load.ramp import held_until_ns
from veigo.verdict import Finding


class GeneratorKeptUp(Checker):
    """No process that made the load was its bottleneck."""

    promise = "The generator kept up, so that the figures are the stack's"
    anomaly = "generator bottleneck: what was measured is whoever measured"
    fault_model = "any"

    def concerns(self, ledger: Ledger) -> bool:
        """Whether a generator made the load, and watched itself."""
        return bool(ledger.generators)

    def check(self, ledger: Ledger) -> Finding:
        """Look at each process's heartbeat, sends and warnings."""
        if not ledger.generators:
            return self.inconclusive("no generator watched itself")
        # A load that rises until something breaks has its say up to there, and the knee's own checker what is beyond.
        found = doubts(ledger.generators, held_until_ns(ledger))
        if found:
            return self.inconclusive("the generator was the bottleneck: use more processes, or fewer people", found)
        processes = {second.process for second in ledger.generators}
        worst_ms = max(second.late_ms_max for second in ledger.generators)
        return self.holds(f"{len(processes)} processes, the latest of their heartbeats {worst_ms:.0f} ms late")
