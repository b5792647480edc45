"""The few records of a history that show one anomaly, as lines for people, each with its time.

Times count from when the talk began, and say where they lie beside what was broken. What the independent readers found
has no time: it is how things were in the end.
"""

from collections.abc import Iterable

from veigo.checkers.fault_window import FaultWindow
from veigo.checkers.ledger import Ledger
from veigo.history import Compared, FaultEvent, Frame, KafkaRead, Operation, Record, SocketEvent, Stored, StoredRoom
from veigo.history import Witnessed as InKafka

LINES_MAX = 12


def excerpt(ledger: Ledger, records: Iterable[Record]) -> tuple[str, ...]:
    """Put records into words, in the order of their times; at most LINES_MAX of them."""
    windows = ledger.windows
    zero_ns = _zero_ns(ledger)
    timed = sorted(((_at_ns(record), _words(ledger, record)) for record in records), key=lambda each: each[0])
    lines = [
        f"   in the end  {words}"
        if at_ns == _IN_THE_END
        else f"{(at_ns - zero_ns) / 1e9:+11.3f} s  {words}{_beside(windows, at_ns)}"
        for at_ns, words in timed
    ]
    more = [f"… and {len(lines) - LINES_MAX:,} records more"] if len(lines) > LINES_MAX else []
    return (*lines[:LINES_MAX], *more)


_IN_THE_END = 1 << 63


def _zero_ns(ledger: Ledger) -> int:
    if (began := ledger.marks.get("talk_started")) is not None:
        return began.at_ns
    return min((operation.started_ns for operation in ledger.operations), default=0)


def _at_ns(record: Record) -> int:
    match record:
        case Operation():
            return record.started_ns
        case Frame() | SocketEvent() | FaultEvent() | Compared():
            return record.at_ns
    return _IN_THE_END


def _beside(windows: list[FaultWindow], at_ns: int) -> str:
    """Where a moment lies beside what was broken: in it, after the last one, or before the first."""
    for window in windows:
        if window.covers(at_ns):
            return f"  [{(at_ns - window.injected_ns) / 1e9:.3f} s into {window.fault}]"
    over = [window for window in windows if window.healed_ns is not None and window.healed_ns < at_ns]
    if over:
        last = max(over, key=lambda window: window.healed_ns or 0)
        return f"  [{(at_ns - (last.healed_ns or 0)) / 1e9:.3f} s after {last.fault} was healed]"
    if windows:
        return f"  [{(windows[0].injected_ns - at_ns) / 1e9:.3f} s before {windows[0].fault}]"
    return ""


def _words(ledger: Ledger, record: Record) -> str:
    match record:
        case Operation():
            return _operation(ledger, record)
        case Frame():
            parts = [record.type, record.message_id or (record.member and ledger.who(record.member)), _place(record)]
            return f"{ledger.who(record.user)}'s socket {record.socket} received " + " ".join(filter(None, parts))
        case SocketEvent():
            by = (
                ""
                if record.event == "opened"
                else " by us"
                if record.ours
                else f" with {record.code} {record.reason or ''}"
            )
            return f"{ledger.who(record.user)}'s socket {record.socket} {record.event}{by}".rstrip()
        case FaultEvent():
            return f"{record.fault} {record.stage}" + (f": {record.detail}" if record.detail else "")
        case Stored():
            return f"PostgreSQL has {record.type} {record.message_id or record.member or ''} {_place(record)}"
        case StoredRoom():
            return f"PostgreSQL has room {record.room}, last sequence {record.last_sequence}"
        case InKafka():
            at = f"partition {record.partition} offset {record.offset}"
            return f"Kafka has {record.type} {record.message_id or record.member or ''} {_place(record)} at {at}"
        case KafkaRead():
            return (
                f"Kafka's {record.topic} was read in partition {record.partition} from {record.begin} to {record.end}"
            )
        case Compared():
            return f"{record.what} held against PostgreSQL: {record.equal} equal, {record.wrong_total} differences"
    return str(record)


def _place(event: Frame | Stored | InKafka) -> str:
    return f"sequence {event.sequence} of room {event.room}" if event.room else ""


def _operation(ledger: Ledger, operation: Operation) -> str:
    whom = operation.message_id or (operation.member and ledger.who(operation.member))
    where = f"in room {operation.room}" if operation.room else ""
    asked = " ".join(filter(None, (ledger.who(operation.user), "asked for", operation.name, whom, where)))
    took = (
        "and had no answer"
        if operation.ended_ns == 0
        else f"in {(operation.ended_ns - operation.started_ns) / 1e6:.1f} ms"
    )
    got = f", sequence {operation.sequence}" if operation.sequence is not None else ""
    got += f", {len(operation.read)} messages" if operation.read is not None else ""
    why = f" ({operation.code or operation.error})" if operation.error else ""
    return f"{asked}: {operation.outcome}{got} {took}{why}"
