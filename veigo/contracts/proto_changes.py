"""What changed in the gRPC contracts. What breaks is for buf to say; what is new, the descriptors tell.

WIRE_JSON is the gate: bytes and JSON of the old version mean the same to the new one. Two of FILE's rules count as
much, because whoever calls what is gone gets UNIMPLEMENTED; the rest of FILE breaks code that is generated anew.
"""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from veigo.contracts.change import Change, Severity
from veigo.contracts.parties import Parties
from veigo.contracts.proto_files import Protos, compiled, lay_out, run

CALLS = {"RPC_NO_DELETE", "SERVICE_NO_DELETE"}  # of FILE, and felt on the wire all the same
SAID_BY_WIRE_JSON = {  # FILE's wording of what WIRE_JSON finds as well
    "FIELD_NO_DELETE": "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
    "ENUM_VALUE_NO_DELETE": "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
    "FIELD_SAME_TYPE": "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
    "FIELD_SAME_CARDINALITY": "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
}
HOLDER = re.compile(r'(?:message|service|enum) "([^"]+)"')
PART = re.compile(r'with name "([^"]+)"|RPC "([^"]+)"|oneof "([^"]+)"')
NUMBERED = re.compile(r'(?:[Ff]ield|[Vv]alue) "([^"]+)"')
ADVICE = {
    "RPC_NO_DELETE": "Keep it until its callers have stopped calling it",
    "SERVICE_NO_DELETE": "Keep it until its callers have stopped calling it",
    "FIELD": "Give the new meaning a new field, and keep this one until nobody uses it; then reserve number and name",
    "ENUM": "Keep the value and its number; add another for what is new",
    "RPC": "Add another RPC beside it",
    "ONEOF": "Leave the field where it is, and add a new one",
    "MESSAGE": "Keep the message; add another",
    "FILE": "Leave package and file as they are; a new version goes into a new package (v2)",
}


def proto_changes(buf: Path, old: Mapping[str, str], new: Mapping[str, str], parties: Parties) -> Iterator[Change]:
    """Tell what changed between two sets of .proto sources.

    Raises:
        StackError: one of them does not compile.
    """
    before, after = compiled(buf, old), compiled(buf, new)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        lay_out(old, folder / "old")
        lay_out(new, folder / "new")
        felt = list(_findings(buf, folder, "WIRE_JSON"))
        others = list(_findings(buf, folder, "FILE"))
    told = {(finding.rule, finding.place) for finding in felt}
    for finding in felt:
        yield _change(before, after, parties, Severity.BREAKING, finding)
    for finding in others:
        if (finding.rule, finding.place) in told or (SAID_BY_WIRE_JSON.get(finding.rule), finding.place) in told:
            continue
        severity = Severity.BREAKING if finding.rule in CALLS else Severity.DANGEROUS
        yield _change(before, after, parties, severity, finding)
    yield from _additions(before, after, parties)


@dataclass(frozen=True)
class _Finding:
    """What buf found: its rule, the file and a sentence that names what it is about."""

    rule: str
    path: str
    message: str

    @property
    def place(self) -> tuple[str, str, str]:
        """File, and the names of the message, service or enum, and of its part."""
        holder, part = HOLDER.search(self.message), PART.search(self.message) or NUMBERED.search(self.message)
        return self.path, holder[1] if holder else "", next(filter(None, part.groups())) if part else ""


def _findings(buf: Path, folder: Path, category: str) -> Iterator[_Finding]:
    rules = json.dumps({"version": "v2", "breaking": {"use": [category]}})
    arguments = ("breaking", ".", "--against", "../old", "--config", rules, "--error-format", "json")
    for line in run(buf, folder / "new", *arguments).splitlines():
        found = json.loads(line)
        if not found["type"].endswith("_UNLESS_NAME_RESERVED"):  # the deletion that its number was told of as well
            yield _Finding(found["type"], found.get("path", ""), found["message"].partition(" See ")[0].rstrip("."))


def _change(before: Protos, after: Protos, parties: Parties, severity: Severity, finding: _Finding) -> Change:
    where = _full_name(before, finding)
    owner, affected = _parties(before, after, parties, where)
    rule = finding.rule
    advice = ADVICE.get(rule) or ADVICE.get(rule.partition("_")[0], "Leave it, and add what is new beside it")
    return Change("grpc", severity, where, f"({rule}): {finding.message}", owner, affected, advice)


def _full_name(before: Protos, finding: _Finding) -> str:
    """What a finding is about, by its full name; a part that is named by its number gets its name."""
    path, holder, part = finding.place
    package = next((file.package for file in before.files.file if file.name == path), path)
    whole = ".".join(filter(None, (package, holder)))
    if part.isdecimal():
        message = before.messages.get(whole)
        names = {str(field.number): field.name for field in message.field} if message else {}
        names |= {
            str(number): name.rpartition(".")[2] for name, number in before.values.items() if name.startswith(whole)
        }
        part = names.get(part, part)
    return ".".join(filter(None, (whole, part)))


def _parties(before: Protos, after: Protos, parties: Parties, name: str) -> tuple[str, tuple[str, ...]]:
    owner = name.split(".")[1] if name.count(".") >= 2 else "the owner"
    rpcs = {rpc.name for protos in (before, after) for rpc in protos.rpcs_with(name)}
    callers = {caller for rpc in rpcs for caller in parties.callers(owner, rpc.rpartition(".")[2])}
    return owner, tuple(sorted(callers))


def _additions(before: Protos, after: Protos, parties: Parties) -> Iterator[Change]:
    added = after.names - before.names
    told_alone = {*after.messages, *after.rpcs}
    for name in sorted(added):
        if name.rpartition(".")[0] in added and name not in told_alone:
            continue  # a part of what is new as a whole
        owner, affected = _parties(before, after, parties, name)
        if name in after.values:
            advice = "See that every reader passes over values it does not know"
            yield Change("grpc", Severity.DANGEROUS, name, "is a new value of its enum", owner, affected, advice)
        else:
            yield Change("grpc", Severity.SAFE, name, "is new", owner, affected, "Nothing to do")
