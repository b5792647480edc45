"""The form of the contracts: what buf and OPA say of it, and the conventions our policies keep.

The conventions are the ones that matter to who reads or asks a policy: it says in METADATA what it decides and what it
is asked; nothing is decided by default or by two rules at once; names are snake_case; lines fit a screen.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from veigo.contracts import policy_files, proto_files
from veigo.contracts.comparison import Programs
from veigo.contracts.decisions import OPA_WITHIN_S
from veigo.contracts.policy_files import POLICIES
from veigo.stack.problem import StackError

LINE_MAX = 120
DEFINED = re.compile(r"^(?:default )?([A-Za-z_]\w*)(?:\(.*?\)| contains \w+|\[\w+\])? (?::=|if|contains)", re.MULTILINE)
LIBRARIES = {"rooms", "sessions"}  # what policies share; nobody asks them
SNAKE = re.compile(r"[a-z][a-z0-9_]*\Z")


def findings(root: Path, programs: Programs) -> list[str]:
    """Everything that is not in form, a line each.

    Raises:
        StackError: a program could not be run.
    """
    found = proto_files.run(programs.buf, root, "lint").splitlines()
    found += _opa(programs.opa, root, "check", "--strict", "--schema", str(policy_files.SCHEMAS), str(POLICIES))
    found += _opa(programs.opa, root, "fmt", "--list", "--fail", str(POLICIES))
    for path in sorted((root / POLICIES).glob("*.rego")):
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(root)}: {what}" for what in conventions(path.stem, text)]
    return found


def conventions(name: str, text: str) -> Iterator[str]:
    """Tell what a policy's source, of that file name, does otherwise than our policies do."""
    package = re.search(r"^package ([\w.]+)", text, re.MULTILINE)
    if package is None or package[1] != name:
        yield f"its package is not {name}"
    for line, content in enumerate(text.splitlines(), start=1):
        if len(content) > LINE_MAX:
            yield f"line {line} is {len(content)} characters long"
        if re.search(r"\bprint\(|\bhttp\.send\(|\btime\.now_ns\(|\brand\.", content):
            yield f"line {line} asks for more than the question and the data"
    for rule in sorted(set(DEFINED.findall(text))):
        if not SNAKE.match(rule):
            yield f"rule {rule} is not in snake_case"
    if not name.endswith("_test"):
        yield from _of_deciding(name, text)


def _of_deciding(name: str, text: str) -> Iterator[str]:
    decides = re.findall(r"^(?:default )?decision\b.*", text, re.MULTILINE)
    if len(decides) > 1 or any(rule.startswith("default") for rule in decides):
        yield "it has more than one `decision`: use one rule with else, so that the order is plain"
    if decides and name not in LIBRARIES and policy_files.ANNOTATED.search(text) is None:
        yield "it decides, and says in no METADATA what it is asked"
    for imported in re.findall(r"^import data\.(\w+)", text, re.MULTILINE):
        if imported not in LIBRARIES:
            yield f"it imports {imported}, which is not one of {', '.join(sorted(LIBRARIES))}"
        elif f"{imported}." not in text:
            yield f"it imports {imported} and does not use it"


def _opa(opa: Path, root: Path, *arguments: str) -> list[str]:
    try:
        done = subprocess.run(  # noqa: S603 - the OPA that we have built
            [str(opa), *arguments], cwd=root, capture_output=True, text=True, timeout=OPA_WITHIN_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise StackError(f"opa {arguments[0]} did not finish within {OPA_WITHIN_S} s") from None
    if done.returncode == 0:
        return []
    return [f"opa {arguments[0]}: {line}" for line in (done.stdout + done.stderr).splitlines() if line.strip()]
