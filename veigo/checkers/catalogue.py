"""All checkers, with what each is by default: the ones that `veigo check` asks, in the order in which it does."""

from pathlib import Path

from veigo.checkers.checker import Checker
from veigo.checkers.delivered_once import DeliveredOnce
from veigo.checkers.duplicates_on_the_wire import DuplicatesOnTheWire
from veigo.checkers.every_message_is_one_trace import EveryMessageIsOneTrace
from veigo.checkers.fault_was_felt import FaultWasFelt
from veigo.checkers.generator_kept_up import GeneratorKeptUp
from veigo.checkers.knee_was_found import KneeWasFound
from veigo.checkers.ledger import Ledger
from veigo.checkers.members_were_let_in import MembersWereLetIn
from veigo.checkers.never_unshown import NeverUnshown
from veigo.checkers.no_acknowledged_message_lost import NoAcknowledgedMessageLost
from veigo.checkers.no_phantom import NoPhantom
from veigo.checkers.nothing_after_removal import NothingAfterRemoval
from veigo.checkers.nothing_after_revocation import NothingAfterRevocation
from veigo.checkers.nothing_allowed_without_opa import NothingAllowedWithoutOpa
from veigo.checkers.nothing_leaked import NothingLeaked
from veigo.checkers.one_message_per_id import OneMessagePerId
from veigo.checkers.order_on_every_socket import OrderOnEverySocket
from veigo.checkers.read_model_catches_up import ReadModelCatchesUp
from veigo.checkers.real_time_order import RealTimeOrder
from veigo.checkers.recovers_within import RecoversWithin
from veigo.checkers.refused_stayed_refused import RefusedStayedRefused
from veigo.checkers.resumed_without_gap import ResumedWithoutGap
from veigo.checkers.run_finished import RunFinished
from veigo.checkers.sequences_agree import SequencesAgree
from veigo.checkers.unknown_sends_all_or_none import UnknownSendsAllOrNone
from veigo.checkers.within_limits import WithinLimits

# What whoever sends and listens is promised, whatever breaks meanwhile; nothing more has to happen to judge these by.
SAFETY: tuple[Checker, ...] = (
    NoAcknowledgedMessageLost(),
    UnknownSendsAllOrNone(unknown_min=0),
    NoPhantom(),
    OneMessagePerId(),
    DeliveredOnce(),
    SequencesAgree(),
    OrderOnEverySocket(),
    RealTimeOrder(),
    NothingLeaked(),
)

# What any history of ours can be judged by, from the history alone.
CATALOGUE: tuple[Checker, ...] = (
    NoAcknowledgedMessageLost(),
    UnknownSendsAllOrNone(),
    NoPhantom(),
    OneMessagePerId(),
    DeliveredOnce(),
    SequencesAgree(),
    OrderOnEverySocket(),
    RealTimeOrder(),
    ResumedWithoutGap(),
    NeverUnshown(),
    NothingLeaked(),
    RefusedStayedRefused(),
    NothingAfterRemoval(),
    NothingAfterRevocation(),
    NothingAllowedWithoutOpa(),
    MembersWereLetIn(),
    ReadModelCatchesUp(),
    FaultWasFelt(),
    RecoversWithin(),
    DuplicatesOnTheWire(),
    GeneratorKeptUp(),
    WithinLimits(),
    KneeWasFound(),
    RunFinished(),
)


# What a run says in its parameters of the terms that it is judged by, where they are its own.
RECOVERY = "recovery"
MEASURED_ONLY = "measured only"  # how soon it recovers is compared, and not judged
BROKEN_TRACES_MAX = "broken_traces_max"  # the share of messages whose trace what was broken may break


def checkers_for(ledger: Ledger, telemetry: Path) -> tuple[list[Checker], list[Checker]]:
    """Say which checkers a run is to be judged by, and which it does not concern.

    A run with telemetry beside its history is judged by that too; each on the terms it was judged by the first time.
    """
    terms = ledger.run.parameters if ledger.run else {}
    known = list(CATALOGUE)
    if telemetry.exists():
        known.append(EveryMessageIsOneTrace(telemetry, broken_share_max=float(terms.get(BROKEN_TRACES_MAX, 0.0))))
    spared: tuple[type[Checker], ...] = (RecoversWithin,) if terms.get(RECOVERY) == MEASURED_ONLY else ()
    # Under load how many requests may fail is one of the limits, and who has signed out may come back in a new session.
    spared = (*spared, MembersWereLetIn, NothingAfterRevocation) if ledger.generators else spared
    asked = [checker for checker in known if checker.concerns(ledger) and not isinstance(checker, spared)]
    return asked, [checker for checker in known if checker not in asked]
