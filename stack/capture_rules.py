"""When change capture needs somebody: what is found in PostgreSQL and Connect, and what that means. Pure.

The slot in PostgreSQL and the position Connect stored belong together: the slot never passes what was stored, because
Debezium confirms to it only what Kafka has. Whatever breaks that loses changes, or is about to, and none of it may
pass for a restart.
"""

from dataclasses import dataclass

import msgspec

from veigo.stack.alarms import AlarmKind, lsn_text

FAILING_S_MAX = 15.0  # longer than the longest pause between two restarts: what heals with its cause is over by then
REASON_MAX = 300  # characters of what a connector said; all of it is in the runner's log
REFUSED = "no longer available on the server"  # Debezium's words for a stored position that its slot no longer has


class Position(msgspec.Struct, frozen=True):
    """How far a connector was: a place in PostgreSQL's log, and when what stands there was committed."""

    lsn: int
    at_us: int


@dataclass(frozen=True)
class Slot:
    """A replication slot as PostgreSQL shows it; 0 where it shows nothing.

    Attributes:
        restart_lsn: what it keeps of the log begins here.
        confirmed_lsn: what it delivers begins here.
        wal_status: ``reserved``, ``extended``, ``unreserved`` (may be lost at any moment) or ``lost``.
    """

    restart_lsn: int
    confirmed_lsn: int
    wal_status: str


@dataclass(frozen=True)
class Facts:
    """One connector and what it reads, at one moment.

    Attributes:
        connector: its name.
        slot_name: the slot it reads.
        slot: that slot; None when there is none.
        published: whether its publication is there.
        log_end_lsn: the end of PostgreSQL's log.
        answers: whether Connect did; when not, nothing is known of the following.
        state: ``RUNNING``, ``FAILED``, …; None when Connect has no such connector.
        reason: why it failed, the first line.
        stored: the position Connect keeps; None when it keeps none.
    """

    connector: str
    slot_name: str
    slot: Slot | None
    published: bool
    log_end_lsn: int
    answers: bool
    state: str | None = None
    reason: str = ""
    stored: Position | None = None

    @property
    def sound(self) -> bool:
        """Whether everything is in its place, so that how far it is now may be remembered."""
        slot = self.slot
        return slot is not None and slot.wal_status in ("reserved", "extended") and self.stored is not None


@dataclass(frozen=True)
class Finding:
    """Something somebody has to know: what kind of trouble it is, and which."""

    kind: AlarmKind
    reason: str


def findings(facts: Facts, known: Position, failing_s: float) -> list[Finding]:
    """What is wrong.

    Args:
        facts: what is there now.
        known: how far the connector was when all was well.
        failing_s: for how long it has been failing, or away from Connect.
    """
    found = [*_of_slot(facts, known), *_of_offsets(facts)]
    if found or not facts.answers or failing_s < FAILING_S_MAX:
        return found
    if facts.state is None:
        return [Finding(AlarmKind.CONNECTOR_MISSING, "Connect has no such connector, so nobody captures")]
    if facts.state != "FAILED":
        return []
    return [Finding(AlarmKind.CONNECTOR_FAILED, f"restarts do not mend it: {facts.reason[:REASON_MAX]}")]


def is_unstored(found: list[Finding]) -> bool:
    """Whether Connect was found to keep no position."""
    return any(finding.kind is AlarmKind.OFFSETS_LOST for finding in found)


def confirmed(found: list[Finding], *, unstored_before: bool) -> list[Finding]:
    """What was found, without what follows from a position that is not there for the first time.

    A worker that has just started may not have read it yet; and beside none, any slot looks new.
    """
    if unstored_before or not is_unstored(found):
        return found
    return [finding for finding in found if finding.kind not in (AlarmKind.OFFSETS_LOST, AlarmKind.SLOT_RECREATED)]


def _of_slot(facts: Facts, known: Position) -> list[Finding]:
    found = []
    name, slot = facts.slot_name, facts.slot
    if not facts.published:
        found.append(Finding(AlarmKind.PUBLICATION_DROPPED, "its publication is gone"))
    if slot is None:
        found.append(Finding(AlarmKind.SLOT_DROPPED, f"replication slot {name} is gone"))
    elif slot.wal_status == "lost":
        why = f"slot {name} passed max_slot_wal_keep_size, and PostgreSQL removed what it held"
        found.append(Finding(AlarmKind.SLOT_LOST, why))
    elif facts.state is not None and slot.restart_lsn > max(known.lsn, facts.stored.lsn if facts.stored else 0):
        # Only beside what Connect has stored by now: what was known may be seconds old, and the slot went on since.
        why = f"slot {name} was made anew: it begins at {lsn_text(slot.restart_lsn)}"
        found.append(Finding(AlarmKind.SLOT_RECREATED, f"{why}, after all that was captured"))
    elif slot.wal_status == "unreserved":
        why = f"slot {name} passed max_slot_wal_keep_size, and is lost at PostgreSQL's next checkpoint"
        found.append(Finding(AlarmKind.SLOT_AT_RISK, why))
    return found


def _of_offsets(facts: Facts) -> list[Finding]:
    if not facts.answers or facts.state is None:
        return []
    if facts.stored is None:
        why = "Connect no longer knows how far it was; whether the slot still does has to be looked into"
        return [Finding(AlarmKind.OFFSETS_LOST, why)]
    if REFUSED in facts.reason and facts.slot is not None and facts.slot.restart_lsn > facts.stored.lsn:
        why = f"Connect would go on at {lsn_text(facts.stored.lsn)}, which the slot no longer has"
        return [Finding(AlarmKind.OFFSETS_BEHIND, why)]
    if facts.stored.lsn > facts.log_end_lsn:
        why = f"Connect would go on at {lsn_text(facts.stored.lsn)}, where PostgreSQL's log has not arrived yet"
        return [Finding(AlarmKind.OFFSETS_AHEAD, why)]
    return []
