"""Whoever was removed from a room has seen the last of it.

No frame whose sequence lies beyond the removal's comes to them, on whichever socket, until they are added again; and
from the moment the removal was acknowledged nothing they ask for in the room is granted. (A public room may be read and
joined by anybody; runs that are judged by this one make private ones.)
"""

from collections import defaultdict

from veigo.checkers.checker import Anomaly, Checker
from veigo.checkers.ledger import Ledger
from veigo.history import Frame, Operation
from veigo.outcome import Outcome
from veigo.verdict import Finding

REMOVES = frozenset({"remove_member", "leave_room"})
ADDS = frozenset({"add_members", "create_room"})
ASKS = frozenset({"send", "read", "join", "edit", "delete", "add_members", "remove_member"})


class NothingAfterRemoval(Checker):
    """No frame and no grant came to a former member."""

    promise = "Whoever was removed from a room saw nothing of it afterwards"
    anomaly = "stale grant: a frame beyond the removal, or a request granted after it"

    def __init__(self, *, removals_min: int = 1) -> None:
        self._removals_min = removals_min

    def concerns(self, ledger: Ledger) -> bool:
        """Whether anybody was removed, or left."""
        return bool(_removals(ledger))

    def check(self, ledger: Ledger) -> Finding:
        """Hold frames against the place of each removal, and requests against its time."""
        removals = _removals(ledger)
        if len(removals) < self._removals_min or not removals:
            return self.inconclusive(f"{len(removals)} members were removed; too few to tell")

        anomalies = [*_beyond(ledger), *_granted(ledger, removals)]
        if anomalies:
            return self.convicted(ledger, f"{len(anomalies)} frames and grants to former members", anomalies)
        last_ms = _last_frame_ms(ledger, removals)
        last = "none came later" if last_ms is None else f"the last came {last_ms:.1f} ms after the removal's answer"
        return self.holds(f"{len(removals)} removals, no frame beyond one and nothing granted after one; {last}")


def _removals(ledger: Ledger) -> list[Operation]:
    return [each for each in ledger.operations if each.name in REMOVES and each.outcome is Outcome.OK]


def _beyond(ledger: Ledger) -> list[Anomaly]:
    """Frames that came to somebody who was no member at their sequence, and had not come back when they joined."""
    anomalies = []
    returns = _Returns(ledger)
    told: dict[tuple[str, int], Frame] = {}
    for frame in ledger.events:
        room, sequence = frame.room or "", frame.sequence or 0
        if frame.type == "MEMBER_REMOVED":
            told.setdefault((room, sequence), frame)
        if ledger.memberships.at(room, frame.user, sequence) is not False:
            continue
        gone = [removal for removal in ledger.memberships.removals(room, frame.user) if removal < sequence]
        if gone and not returns.before_the_join_of(frame, gone[-1]):
            what = (
                f"{ledger.who(frame.user)} received sequence {sequence} of room {room}, and was removed at {gone[-1]}"
            )
            removal = told.get((room, gone[-1]))
            anomalies.append(Anomaly(what, (frame,) if removal is None else (removal, frame)))
    return anomalies


class _Returns:
    """Who was to be a member again when they joined.

    Whoever is one may resume from before, and is told what happened while they were none, as they may read it.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._memberships = ledger.memberships
        self._joined_ns: dict[tuple[int, str | None], list[int]] = defaultdict(list)
        self._added_ns: dict[tuple[str, str | None], list[int]] = defaultdict(list)
        for join in ledger.joins:
            self._joined_ns[join.socket, join.room].append(join.at_ns)
        for each in ledger.operations:
            if each.name in ADDS and each.outcome is not Outcome.FAILED:
                for member in each.members or ():
                    self._added_ns[member, each.room].append(each.started_ns)

    def before_the_join_of(self, frame: Frame, removal: int) -> bool:
        """Whether somebody had set out to add a former member again before the join by which a frame came."""
        joins = self._joined_ns[frame.socket, frame.room]
        joined_ns = max((at_ns for at_ns in joins if at_ns <= frame.at_ns), default=0)
        begun = sum(at_ns <= joined_ns for at_ns in self._added_ns[frame.user, frame.room])
        return begun > max(1, self._memberships.additions_before(frame.room or "", frame.user, removal))


def _granted(ledger: Ledger, removals: list[Operation]) -> list[Anomaly]:
    """Requests that were granted though they were made after the removal, and before anybody set out to undo it."""
    returns: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    asked: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for each in ledger.operations:
        if each.name in ADDS and each.outcome is not Outcome.FAILED:
            for member in each.members or ():
                returns[member, each.room or ""].append(each)
        if each.name in ASKS and each.outcome is Outcome.OK:
            asked[each.user, each.room or ""].append(each)
    anomalies = []
    for removal in removals:
        who = removal.member or removal.user, removal.room or ""
        # An addition under way during the removal may have come after it.
        undone = [add.started_ns for add in returns[who] if not 0 < add.ended_ns < removal.started_ns]
        back_ns = min(undone, default=None)
        anomalies += [
            Anomaly(f"{ledger.who(who[0])} was granted {each.name} in room {who[1]} after removal", (removal, each))
            for each in asked[who]
            if each.started_ns > removal.ended_ns and (back_ns is None or each.ended_ns < back_ns)
        ]
    return anomalies


def _last_frame_ms(ledger: Ledger, removals: list[Operation]) -> float | None:
    """How long after the answer to a removal the former member's last frame came, at the most."""
    came: dict[tuple[str, str], list[int]] = defaultdict(list)
    for frame in ledger.events:
        if frame.type == "MEMBER_REMOVED" and frame.member == frame.user:
            came[frame.user, frame.room or ""].append(frame.at_ns)
    late = []
    for removal in removals:
        times = came[removal.member or removal.user, removal.room or ""]
        last_ns = next((at_ns for at_ns in times if at_ns > removal.started_ns), 0)
        if last_ns > removal.ended_ns:
            late.append((last_ns - removal.ended_ns) / 1e6)
    return max(late, default=None)
