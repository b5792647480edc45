"""What changed in the policies: what they are asked, what they answer in form, and what they decide.

Form is not enough: a policy that no longer looks at the version has the same schemas and lets in whoever was removed.
So every release records decisions in the situations of `contracts/services_opa/situations.json`, and the policies of
today are asked the same again.
"""

from collections.abc import Iterator, Mapping, Sequence

from veigo.contracts.change import Change, Severity
from veigo.contracts.document import Json
from veigo.contracts.parties import Parties
from veigo.contracts.schema_changes import Use, schema_changes

OWNER = "opa"
KEEP = "Keep the policy as it is, and write another for what is new"
FORM = "Keep the form: let the policy accept both, or write another"


def policy_changes(old: Mapping[str, Json], new: Mapping[str, Json], parties: Parties) -> Iterator[Change]:
    """Tell what changed in the policies' forms."""
    for name in sorted(old.keys() | new.keys()):
        affected = parties.askers(name)
        if name not in new:
            yield Change("policies", Severity.BREAKING, name, "is gone", OWNER, affected, KEEP)
            continue
        if name not in old:
            yield Change("policies", Severity.SAFE, name, "is new", OWNER, affected, "Nothing to do")
            continue
        for part, use in (("question", Use.WRITTEN), ("answer", Use.READ)):
            for severity, at, what in schema_changes(old[name][part], new[name][part], use):
                advice = "Nothing to do" if severity is Severity.SAFE else FORM
                yield Change("policies", severity, f"{name} {part} {at}".rstrip(), what, OWNER, affected, advice)


def decision_changes(recorded: Sequence[Json], decided: Sequence[Json | None], parties: Parties) -> Iterator[Change]:
    """Tell which recorded questions are decided differently now: one change for each policy and kind of difference."""
    found: dict[tuple[str, str, str], list[Json]] = {}
    for case, now in zip(recorded, decided, strict=True):
        was = case["decision"]
        if was != now:
            found.setdefault((case["policy"], _said(was, now), _said(now, was)), []).append(case)
    for (policy, before, after), cases in sorted(found.items()):
        what = f"decides {after} where it decided {before}, {len(cases)} times, as when asked {_asked(cases[0])}"
        advice = "Decide as before, or tell those who ask and release it as breaking"
        yield Change("policies", Severity.BREAKING, policy, what, OWNER, parties.askers(policy), advice)


def _said(decision: Json | None, other: Json | None) -> str:
    """A decision in words, with those parts in which it differs from another."""
    if decision is None:
        return "nothing"
    outcome: str = decision["outcome"]
    differing = [key for key in sorted(decision) if key != "outcome" and (other or {}).get(key) != decision[key]]
    if other is not None and outcome != other["outcome"]:
        return outcome
    return " ".join([outcome, *(f"({key} {decision[key]})" for key in differing)])


def _asked(case: Json) -> str:
    question = case["input"]
    said = []
    if isinstance(question, Mapping):
        for key, value in question.items():
            inner = value.values() if isinstance(value, Mapping) else [value]
            said.append(f"{key} {' '.join(map(str, inner))}")
    return f"about {', '.join(said) or 'nothing'} with the data {case['data']}"
