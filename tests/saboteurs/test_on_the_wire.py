"""Saboteurs between the people and a real stack: each is convicted, the honest one is acquitted of everything."""

import pytest

from saboteurs.saboteurs import ON_THE_WIRE
from saboteurs.trial import CHECKERS
from veigo.checkers.ledger import Ledger
from veigo.verdict import Verdict

# These judge what was broken, and in these runs nothing is.
OF_FAULTS = {"NothingAllowedWithoutOpa", "FaultWasFelt", "RecoversWithin"}
# These judge a load and whoever makes it; ``evening.py`` has one by hand.
OF_LOAD = {"GeneratorKeptUp", "WithinLimits", "KneeWasFound"}


@pytest.mark.parametrize(
    ("saboteur", "checker"), [(each.__name__, checker) for each in ON_THE_WIRE for checker in each.convicted_by]
)
async def test_a_saboteur_is_convicted(runs, verdict, saboteur, checker):
    verdict(checker, saboteur, runs[saboteur].judged_by(checker), Verdict.VIOLATED)


@pytest.mark.parametrize("checker", [name for name in CHECKERS if name not in OF_FAULTS | OF_LOAD])
async def test_the_honest_one_is_acquitted(runs, verdict, checker):
    verdict(checker, "(honest)", runs["Relay"].judged_by(checker), Verdict.HOLDS)


@pytest.mark.parametrize("checker", ["NothingAllowedWithoutOpa", "FaultWasFelt"])
async def test_the_honest_one_is_acquitted_while_opa_is_dead(without_opa, verdict, checker):
    verdict(checker, "(honest)", without_opa["Relay"].judged_by(checker), Verdict.HOLDS)


async def test_one_who_grants_while_opa_is_dead_is_convicted(without_opa, verdict):
    found = without_opa["AllowsWithoutOpa"].judged_by("NothingAllowedWithoutOpa")

    verdict("NothingAllowedWithoutOpa", "AllowsWithoutOpa", found, Verdict.VIOLATED)


@pytest.mark.parametrize("checker", CHECKERS)
def test_an_empty_history_proves_nothing(verdict, checker):
    verdict(checker, "(empty history)", CHECKERS[checker].check(Ledger()), Verdict.INCONCLUSIVE)
