"""A session that was revoked is over: its sockets are closed within a bound, and nothing is granted to its token.

One user of a run is one session. How long the slowest socket stayed open is reported.
"""

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger, SocketLife
from veigo.checkers.nothing_after_removal import ASKS
from veigo.history import Frame, Operation
from veigo.outcome import Outcome
from veigo.verdict import Finding


class NothingAfterRevocation(Checker):
    """Revoked sessions' sockets were closed in time, and their tokens were refused."""

    promise = "A revoked session's sockets were closed, and its token was refused"
    anomaly = "stale session: a socket that stayed open, a frame or a grant that came too late"

    def __init__(self, *, within_s: float = 5.0, revocations_min: int = 1) -> None:
        self._within_s = within_s
        self._revocations_min = revocations_min

    def concerns(self, ledger: Ledger) -> bool:
        """Whether anybody signed out."""
        return bool(_revocations(ledger))

    def check(self, ledger: Ledger) -> Finding:
        """Follow every socket and every request of a revoked session to its end."""
        revocations = _revocations(ledger)
        if len(revocations) < self._revocations_min or not revocations:
            return self.inconclusive(f"{len(revocations)} sessions were revoked; too few to tell")

        anomalies: list[Anomaly] = []
        open_ms: list[float] = []
        unobserved: list[str] = []
        for revocation in revocations:
            for life in _sockets_of(ledger, revocation):
                end = self._end_of(ledger, revocation, life)
                match end:
                    case Anomaly():
                        anomalies.append(end)
                    case float():
                        open_ms.append(end)
                    case str():
                        unobserved.append(end)
            anomalies += self._granted(ledger, revocation)
        if anomalies:
            return self.convicted(ledger, f"{len(anomalies)} sockets and grants outlived their session", anomalies)
        if unobserved:
            return self.inconclusive(f"{len(unobserved)} sockets were not watched long enough", unobserved)
        slowest = f", the slowest after {max(open_ms):.1f} ms" if open_ms else ""
        return self.holds(f"{len(revocations)} sessions revoked, {len(open_ms)} sockets closed{slowest}")

    def _end_of(self, ledger: Ledger, revocation: Operation, life: SocketLife) -> Anomaly | float | str:
        """How a socket outlived its session, or how many milliseconds it took to close, or why nobody knows."""
        until_ns = revocation.ended_ns + self._within_s * 1e9
        socket = f"{ledger.who(revocation.user)}'s socket {life.opened.socket}"
        late = next((frame for frame in ledger.events if _is_late(frame, life, until_ns)), None)
        if late is not None:
            after_s = (late.at_ns - revocation.ended_ns) / 1e9
            what = f"{socket} received {late.type} {after_s:.1f} s after the session ended"
            return Anomaly(what, (revocation, late))
        if life.closed is not None and life.closed.at_ns <= until_ns:
            return max(0.0, (life.closed.at_ns - revocation.ended_ns) / 1e6)
        if _end_ns(ledger) < until_ns:
            return f"{socket}: the run ended less than {self._within_s:g} s after the session did"
        shown_by = (revocation, life.opened) if life.closed is None else (revocation, life.opened, life.closed)
        return Anomaly(f"{socket} was still open {self._within_s:g} s after the session ended", shown_by)

    def _granted(self, ledger: Ledger, revocation: Operation) -> list[Anomaly]:
        until_ns = revocation.ended_ns + self._within_s * 1e9
        return [
            Anomaly(
                f"{ledger.who(each.user)} was granted {each.name} with the token of a revoked session",
                (revocation, each),
            )
            for each in ledger.operations
            if each.user == revocation.user
            and each.name in ASKS | {"connect"}
            and each.outcome is Outcome.OK
            and each.started_ns > until_ns
        ]


def _revocations(ledger: Ledger) -> list[Operation]:
    return [each for each in ledger.operations if each.name == "sign_out" and each.outcome is Outcome.OK]


def _sockets_of(ledger: Ledger, revocation: Operation) -> list[SocketLife]:
    """The session's sockets that were open when it was revoked."""
    return [
        life
        for life in ledger.sockets.values()
        if life.opened.user == revocation.user
        and life.opened.at_ns <= revocation.started_ns
        and (life.closed is None or life.closed.at_ns >= revocation.started_ns)
    ]


def _is_late(frame: Frame, life: SocketLife, until_ns: float) -> bool:
    return frame.socket == life.opened.socket and frame.at_ns > until_ns


def _end_ns(ledger: Ledger) -> int:
    """The last moment at which the run was still looking."""
    return max(mark.at_ns for mark in ledger.marks.values()) if ledger.marks else 0
