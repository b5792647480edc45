"""How many frames a client may send: an allowance that each frame uses up and time refills (a token bucket)."""

from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """One client's allowance; it begins full.

    Attributes:
        per_s: what comes back each second.
        burst: the most there can be.
        left: what there is.
        counted_at_s: when `left` was true.
    """

    per_s: float
    burst: float
    left: float
    counted_at_s: float

    def take(self, now_s: float) -> bool:
        """Use up one; False when there is none."""
        refill = max(0.0, now_s - self.counted_at_s) * self.per_s  # a clock set back refills nothing
        self.left = min(self.burst, self.left + refill)
        self.counted_at_s = now_s
        if self.left < 1:
            return False
        self.left -= 1
        return True
