"""What each policy promises, read out of its own annotations.

A policy that others may ask is a package whose METADATA says `entrypoint: true`, names the schema of the question
(`schemas`) and of the answer (`custom.answer`). OPA checks the first against the policy (`opa check --schema`).
"""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from veigo.stack.problem import StackError

POLICIES = Path("policies")
SCHEMAS = Path("contracts") / "services_opa" / "schemas"
ANNOTATED = re.compile(r"^# METADATA\n((?:#.*\n)+)package (\w+)", re.MULTILINE)


def policies(root: Path) -> dict[str, dict[str, Any]]:
    """Return the contract of every policy in a tree that may be asked, by name.

    Raises:
        StackError: an annotation lacks something, or is wrong.
    """
    found = {}
    for path in sorted((root / POLICIES).glob("*.rego")):
        said = ANNOTATED.search(path.read_text(encoding="utf-8"))
        if said is None:
            continue
        about = yaml.safe_load(re.sub(r"^# ?", "", said[1], flags=re.MULTILINE))
        if not about.get("entrypoint"):
            continue
        try:
            question = about["schemas"][0]["input"].removeprefix("schema.")
            found[said[2]] = {
                "title": about["title"],
                "description": about["description"].strip(),
                "question": _schema(root, question),
                "answer": _schema(root, about["custom"]["answer"]),
            }
        except (KeyError, IndexError) as error:
            raise StackError(
                f"the METADATA of {path.name} lacks {error}; see another policy for what it says"
            ) from None
    return found


def _schema(root: Path, name: str) -> dict[str, Any]:
    path = root / SCHEMAS / f"{name}.json"
    try:
        schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StackError(f"a policy names the schema {name}, and {path} cannot be read: {error}") from error
    return schema
