"""Saboteurs no relay can be: what they do is done to the history of the honest run, or to one made by hand."""

import importlib
import pkgutil
from dataclasses import dataclass

import msgspec
import pytest

import veigo.checkers
from saboteurs.evening import Evening
from saboteurs.saboteurs import ON_THE_WIRE, ForgetsTheTrace
from saboteurs.trial import Run
from veigo.checkers.alarm_named_the_gap import AlarmNamedTheGap
from veigo.checkers.checker import Checker
from veigo.checkers.ledger import Ledger
from veigo.checkers.recovers_within import RecoversWithin
from veigo.history import (
    MESSAGE_CREATED,
    AlarmRaised,
    FaultEvent,
    FaultStage,
    Frame,
    Mark,
    Operation,
    Record,
    Stored,
    Witnessed,
)
from veigo.outcome import Outcome
from veigo.recovery import Terms
from veigo.verdict import Verdict


def loses_a_record(records: list[Record]) -> list[Record]:
    """A slot that was dropped and made anew: one event of the room never came to Kafka."""
    lost = next(event for event in records if isinstance(event, Stored) and event.type == MESSAGE_CREATED)
    return [
        record
        for record in records
        if not (isinstance(record, Witnessed) and (record.room, record.sequence) == (lost.room, lost.sequence))
    ]


def swaps_records(records: list[Record]) -> list[Record]:
    """Kafka has two messages of the room the other way round."""
    room = next(record.room for record in records if isinstance(record, Stored))
    first, second = [
        record
        for record in records
        if isinstance(record, Witnessed) and record.type == MESSAGE_CREATED and record.room == room
    ][:2]
    places = {first.message_id: second.sequence, second.message_id: first.sequence}
    return [
        msgspec.structs.replace(record, sequence=places[record.message_id])
        if isinstance(record, Witnessed) and record.message_id in places and record.type == MESSAGE_CREATED
        else record
        for record in records
    ]


def stores_what_nobody_sent(records: list[Record]) -> list[Record]:
    """A message is in PostgreSQL that no client ever sent."""
    stored = next(record for record in records if isinstance(record, Stored) and record.type == MESSAGE_CREATED)
    return [*records, msgspec.structs.replace(stored, message_id="nobody's", sequence=stored.sequence + 10_000)]


def stores_a_message_twice(records: list[Record]) -> list[Record]:
    """A retried send was stored again."""
    stored = next(record for record in records if isinstance(record, Stored) and record.type == MESSAGE_CREATED)
    return [*records, msgspec.structs.replace(stored, sequence=stored.sequence + 10_000)]


@pytest.mark.parametrize(
    ("sabotage", "checker"),
    [
        (loses_a_record, "SequencesAgree"),
        (swaps_records, "SequencesAgree"),
        (stores_what_nobody_sent, "NoPhantom"),
        (stores_a_message_twice, "OneMessagePerId"),
    ],
)
async def test_what_is_wrong_in_a_store_is_convicted(runs, verdict, sabotage, checker):
    found = Run(sabotage(runs["Relay"].records)).judged_by(checker)

    verdict(checker, sabotage.__name__, found, Verdict.VIOLATED)


async def test_a_run_that_was_cut_short_is_no_success(runs, verdict):
    records = [each for each in runs["Relay"].records if not (isinstance(each, Mark) and each.name == "drained")]

    verdict("RunFinished", "cut short", Run(records).judged_by("RunFinished"), Verdict.INCONCLUSIVE)


async def test_a_fault_nobody_felt_is_no_test(without_opa, verdict):
    records = without_opa["Relay"].records
    unfelt = [each for each in records if not (isinstance(each, FaultEvent) and each.stage is FaultStage.FELT)]

    verdict("FaultWasFelt", "unfelt fault", Run(unfelt).judged_by("FaultWasFelt"), Verdict.INCONCLUSIVE)


@dataclass
class Recovery:
    """A hundred messages a second for 20 s, and a fault from 5 to 8 s; deliveries take 5 ms, or what is said."""

    slow_ms: float = 5
    until_s: float = 8

    def records(self) -> list[Record]:
        records: list[Record] = [Frame("JOINED", "bob", 1, 0, 0, room="hall", sequence=0)]
        for number in range(1, 2_001):
            at_ns, message = number * 10_000_000, f"m{number}"
            sent = Operation("send", "ann", room="hall", message_id=message, intended_ns=at_ns, sequence=number)
            sent.started_ns, sent.ended_ns, sent.outcome = at_ns, at_ns + 1_000_000, Outcome.OK
            in_fault, slow = 5e9 <= at_ns < 8e9, 8e9 <= at_ns < self.until_s * 1e9
            came_ns = 8_100_000_000 if in_fault else at_ns + round((self.slow_ms if slow else 5) * 1e6)
            frame = Frame("MESSAGE", "bob", 1, came_ns, 0, room="hall", sequence=number, message_id=message)
            records += [sent, frame]
        stages = ((FaultStage.INJECTED, 5), (FaultStage.FELT, 5), (FaultStage.HEALING, 8), (FaultStage.HEALED, 8))
        return [*records, *(FaultEvent("kill kafka", ["kafka"], stage, at_s * 10**9, 0) for stage, at_s in stages)]


@pytest.mark.parametrize(
    ("who", "recovery", "wanted"),
    [
        ("(honest)", Recovery(), Verdict.HOLDS),
        ("slow for 6 s", Recovery(slow_ms=200, until_s=14), Verdict.VIOLATED),
        ("slow for ever", Recovery(slow_ms=200, until_s=99), Verdict.VIOLATED),
    ],
)
def test_a_stack_that_recovers_too_slowly_is_convicted(verdict, who, recovery, wanted):
    checker = RecoversWithin(seconds=5, terms=Terms(factor=1.5, floor_ms=50, steady_s=2))

    verdict("RecoversWithin", who, checker.check(Ledger.of(recovery.records())), wanted)


SLOT_DROPPED = [
    FaultEvent("drop the slot of chat", ["postgres", "connect"], stage, at_s * 10**9, 0)
    for stage, at_s in ((FaultStage.INJECTED, 5), (FaultStage.FELT, 6), (FaultStage.HEALED, 30))
]


@pytest.mark.parametrize(
    ("who", "at_s", "gap", "wanted"),
    [
        ("(honest)", 7, "3 events of 1 room", Verdict.HOLDS),
        ("alarms too late", 17, "3 events of 1 room", Verdict.VIOLATED),
        ("names no gap", 7, "", Verdict.VIOLATED),
    ],
)
def test_a_stack_that_does_not_say_what_is_missing_is_convicted(verdict, who, at_s, gap, wanted):
    alarm = AlarmRaised("slot_dropped", "chat", "events are missing", gap, at_s * 10**9, 0)
    found = AlarmNamedTheGap(within_s=10).check(Ledger.of([*SLOT_DROPPED, alarm]))

    verdict("AlarmNamedTheGap", who, found, wanted)


@pytest.mark.parametrize(
    ("who", "evening", "checker", "wanted"),
    [
        ("(honest)", Evening(), "WithinLimits", Verdict.HOLDS),
        ("(honest)", Evening(), "GeneratorKeptUp", Verdict.HOLDS),
        ("delivers late", Evening(delivered_ms=300), "WithinLimits", Verdict.VIOLATED),
        ("fails one of fifty", Evening(fails_every=50), "WithinLimits", Verdict.VIOLATED),
        ("a generator that stands still", Evening(stands_still_ms=400), "GeneratorKeptUp", Verdict.INCONCLUSIVE),
        ("the same, and late", Evening(300, stands_still_ms=400), "WithinLimits", Verdict.INCONCLUSIVE),
        ("a busy generator", Evening(warning="97 % busy"), "GeneratorKeptUp", Verdict.INCONCLUSIVE),
        ("(honest)", Evening(breaks_at_step=3), "KneeWasFound", Verdict.HOLDS),
        ("never breaks", Evening(steps=5), "KneeWasFound", Verdict.INCONCLUSIVE),
        ("breaks the generator", Evening(steps=5, stands_still_ms=400), "KneeWasFound", Verdict.INCONCLUSIVE),
    ],
)
def test_a_load_is_judged_with_whoever_makes_it(verdict, who, evening, checker, wanted):
    verdict(checker, who, Run(evening.records()).judged_by(checker), wanted)


def test_every_checker_has_a_saboteur():
    """Without one it is not known to work."""
    for module in pkgutil.iter_modules(veigo.checkers.__path__):
        importlib.import_module(f"veigo.checkers.{module.name}")
    known = {kind.__name__ for kind in Checker.__subclasses__()}
    on_the_wire = {checker for saboteur in (*ON_THE_WIRE, ForgetsTheTrace) for checker in saboteur.convicted_by}
    here = {"NothingAllowedWithoutOpa", "RunFinished", "FaultWasFelt", "RecoversWithin", "AlarmNamedTheGap"}
    here |= {"GeneratorKeptUp", "WithinLimits", "KneeWasFound"}

    assert known == on_the_wire | here
