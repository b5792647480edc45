"""Decisions on every situation that the policies are told apart by, recorded and asked again.

A situation is a question and the data it is asked against. The file `situations.json` lists what each part of a
question may be; a policy is asked the parts that its question has. To keep that small, one part at a time is odd: the
first session meets every user, room and message, and the other sessions meet the first of each.
"""

import itertools
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from veigo.contracts.document import Json
from veigo.contracts.policy_files import POLICIES
from veigo.stack.problem import StackError

SITUATIONS = Path("contracts") / "services_opa" / "situations.json"
DECIDED = ("outcome", "about", "data_version")  # the reason is for people, and may be worded better at any time
OPA_WITHIN_S = 30


def recorded(opa: Path, root: Path, policies: Mapping[str, Json]) -> dict[str, Any]:
    """Ask the policies of a tree in every situation; return the `data` by name, and the `cases` with what counts.

    Raises:
        StackError: OPA could not be asked, or a policy decided nothing.
    """
    situations = read(root)
    cases = answered(opa, root, policies, situations)
    return {"data": situations["data"], "cases": [case | {"decision": essence(case["decision"])} for case in cases]}


def answered(opa: Path, root: Path, policies: Mapping[str, Json], situations: Json) -> list[dict[str, Any]]:
    """Ask the policies of a tree in every situation; return each question with its whole decision.

    Raises:
        StackError: OPA could not be asked, or a policy decided nothing.
    """
    cases = [
        {"policy": name, "data": data, "input": question}
        for name, policy in policies.items()
        for data, question in _questions(policy["question"]["properties"], situations)
    ]
    decisions = decided(opa, root / POLICIES, cases, situations["data"])
    for case, decision in zip(cases, decisions, strict=True):
        if decision is None:
            raise StackError(f"policy {case['policy']} decides nothing when asked {json.dumps(case['input'])}")
    return [case | {"decision": decision} for case, decision in zip(cases, decisions, strict=True)]


def essence(decision: Json | None) -> dict[str, Any] | None:
    """What of a decision counts; None of none."""
    return None if decision is None else {key: decision.get(key) for key in DECIDED}


def read(root: Path) -> dict[str, Any]:
    """Read the situations of a tree.

    Raises:
        StackError: there are none.
    """
    path = root / SITUATIONS
    try:
        situations: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StackError(f"cannot read the situations to decide in: {error}") from error
    return situations


def _questions(parts: Json, situations: Json) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every (data, question) of a policy whose question has these parts."""
    sessions, *others = (situations[part] for part in parts)
    names = list(parts)
    first = next(iter(situations["data"]))
    for session in sessions:
        rest = others if session == sessions[0] else [values[:1] for values in others]
        for values in itertools.product(*rest):
            yield first, _question(names, (session, *values))
    for data in list(situations["data"])[1:]:
        yield data, _question(names, [values[0] for values in (sessions, *others)])


def _question(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    """A question; a part that is null is left out."""
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def decided(opa: Path, policies: Path, cases: Sequence[Json], data: Json) -> list[dict[str, Any] | None]:
    """Ask policies each case, and return their whole decisions; None where there is none.

    Raises:
        StackError: OPA could not be asked.
    """
    asked: dict[str, dict[str, Json]] = {}
    for number, case in enumerate(cases):
        asked.setdefault(case["policy"], {})[str(number)] = {"input": case["input"], "data": data[case["data"]]}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "cases.json").write_text(json.dumps({"replayed": asked}), encoding="utf-8")
        (folder / "replay.rego").write_text(_replay(asked), encoding="utf-8")
        answers = _evaluated(opa, policies, folder)
    decisions: list[dict[str, Any] | None] = []
    for number, case in enumerate(cases):
        decision = answers.get(case["policy"], {}).get(str(number))
        decisions.append(decision if isinstance(decision, dict) else None)
    return decisions


def _replay(policies: Mapping[str, object]) -> str:
    """A module that asks each policy its cases; a policy that is not there decides nothing."""
    rules = [
        f"{name}[number] := decision if {{\n"
        f"\tsome number, asked in data.replayed.{name}\n"
        f"\tdecision := data.{name}.decision with input as asked.input with data.aggregated as asked.data\n}}\n"
        for name in policies
    ]
    return "\n".join(["package replay\n", *rules])


def _evaluated(opa: Path, policies: Path, folder: Path) -> dict[str, dict[str, Any]]:
    command = [str(opa), "eval", "--format", "json", "--ignore", "*_test.rego"]
    command += ["--data", str(policies), "--data", str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - the OPA that we have built
            [*command, "data.replay"], capture_output=True, text=True, timeout=OPA_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"OPA did not decide {policies} within {OPA_WITHIN_S} s") from None
    if done.returncode != 0:
        said = (done.stdout or done.stderr).strip()
        raise StackError(f"OPA cannot evaluate the policies in {policies}: {said[:500]}")
    value: dict[str, dict[str, Any]] = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    return value
