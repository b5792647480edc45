"""A comparison for other programs: JSON, JUnit for CI's test lists, Markdown for its summaries and pull requests."""

import json
from collections.abc import Sequence
from xml.etree import ElementTree

from veigo.contracts.change import CONTRACTS, Change, Severity, of_severity


def as_json(against: str, changes: Sequence[Change]) -> str:
    """The comparison as one JSON object."""
    counts = {severity.value: len(of_severity(changes, severity)) for severity in Severity}
    document = {"against": against, **counts, "changes": [change.as_json() for change in changes]}
    return json.dumps(document, indent=2, ensure_ascii=False)


def as_junit(against: str, changes: Sequence[Change]) -> str:
    """The comparison as JUnit: a test for each contract, which fails by what breaks it; the rest is its output."""
    suite = ElementTree.Element("testsuite", name=f"contracts against {against}", tests=str(len(CONTRACTS)))
    failures = 0
    for contract in CONTRACTS:
        own = [change for change in changes if change.contract == contract]
        case = ElementTree.SubElement(suite, "testcase", classname="contracts", name=contract)
        breaking = of_severity(own, Severity.BREAKING)
        if breaking:
            failures += 1
            failure = ElementTree.SubElement(case, "failure", message=f"{len(breaking)} breaking changes")
            failure.text = "\n".join(change.sentence for change in breaking)
        rest = [change for change in own if change.severity is not Severity.BREAKING]
        if rest:
            output = ElementTree.SubElement(case, "system-out")
            output.text = "\n".join(f"{change.severity}: {change.sentence}" for change in rest)
    suite.set("failures", str(failures))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def as_markdown(against: str, changes: Sequence[Change]) -> str:
    """The comparison as a Markdown table."""
    lines = [f"### Contracts against {against}", ""]
    if not changes:
        return "\n".join([*lines, "Nothing changed."]) + "\n"
    lines += ["| | contract | what changed | who is affected | what to do |", "|---|---|---|---|---|"]
    for change in changes:
        what = f"`{change.where}` {change.what}"
        cells = (f"**{change.severity}**", change.contract, what, change.for_whom, change.advice)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
