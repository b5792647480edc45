"""What a load run leaves: a page for people, JSON and JUnit for programs, CSV by the second for a table.

Locust's own page and CSV lie beside them; its percentiles are rounded to two digits, these are exact.
"""

import csv
from pathlib import Path
from xml.etree import ElementTree

import msgspec

from veigo.charts import lines
from veigo.checkers.generator_kept_up import GeneratorKeptUp
from veigo.checkers.ledger import Ledger
from veigo.load.course import COLUMNS, Second, course
from veigo.load.knee import Knee, Step
from veigo.load.measures import Measured, measured
from veigo.load.ramp import knee_of, steps_of
from veigo.report import Report, page_of, write
from veigo.verdict import Finding, Verdict

PAGE = "load/report.html.j2"


def write_results(report: Report, ledger: Ledger, folder: Path) -> None:
    """Write everything into the run's folder."""
    knee, steps = knee_of(ledger), steps_of(ledger)
    limits = measured(ledger, report.parameters)
    seconds = course(ledger)
    judged = [(limit, _verdict(limit, report)) for limit in limits]
    write(
        report, ledger, folder, page_of(report, ledger, PAGE, limits=judged, knee=knee, steps=steps, **_charts(seconds))
    )
    (folder / "junit.xml").write_text(as_junit(report, limits), encoding="utf-8")
    (folder / "figures.json").write_bytes(
        msgspec.json.format(msgspec.json.encode(_as_json(limits, knee, steps)), indent=2)
    )
    with (folder / "seconds.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        table.writerows(seconds)


def as_junit(report: Report, limits: list[Measured]) -> str:
    """The verdict as JUnit: a test for each promise and each limit; what proved nothing is an error, not a pass."""
    cases = [_of_promise(finding) for finding in report.findings]
    cases += [_of_limit(limit, report) for limit in limits]
    suite = ElementTree.Element("testsuite", name=f"load {report.workload}", timestamp=report.started_at)
    suite.extend(cases)
    for kind, attribute in (("failure", "failures"), ("error", "errors")):
        suite.set(attribute, str(sum(case.find(kind) is not None for case in cases)))
    suite.set("tests", str(len(cases)))
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _of_promise(finding: Finding) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="promises", name=finding.promise)
    _add_verdict(case, finding.verdict, finding.summary, "\n".join(finding.evidence))
    return case


def _of_limit(limit: Measured, report: Report) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname="limits", name=limit.name)
    _add_verdict(case, _verdict(limit, report), str(limit), "")
    return case


def _verdict(limit: Measured, report: Report) -> Verdict:
    """What a limit came to; where the generator was the bottleneck, no figure says anything."""
    void = any(
        finding.promise == GeneratorKeptUp.promise and finding.verdict is not Verdict.HOLDS
        for finding in report.findings
    )
    if void or limit.kept is None:
        return Verdict.INCONCLUSIVE
    return Verdict.HOLDS if limit.kept else Verdict.VIOLATED


def _add_verdict(case: ElementTree.Element, verdict: Verdict, summary: str, evidence: str) -> None:
    if verdict is Verdict.HOLDS:
        ElementTree.SubElement(case, "system-out").text = summary
        return
    kind = "failure" if verdict is Verdict.VIOLATED else "error"
    ElementTree.SubElement(case, kind, message=summary, type=verdict.value).text = evidence


def _as_json(limits: list[Measured], knee: Knee | None, steps: list[Step]) -> dict[str, object]:
    told = [
        {"name": one.name, "limit": one.limit, "value": one.value, "samples": one.samples, "kept": one.kept}
        for one in limits
    ]
    found = None if knee is None else {"sentence": str(knee), **msgspec.to_builtins(knee)}
    return {"limits": told, "knee": found, "steps": msgspec.to_builtins(steps)}


def _charts(seconds: list[Second]) -> dict[str, object]:
    def by_second(column: str) -> list[tuple[float, float]]:
        values = [(float(one.at_s), getattr(one, column)) for one in seconds]
        return [(at_s, value) for at_s, value in values if value is not None]

    return {
        "rates": lines({"offered": by_second("offered"), "achieved": by_second("achieved")}, "/s"),
        "delivery": lines({"p50": by_second("delivered_p50_ms"), "p99": by_second("delivered_p99_ms")}, " ms"),
        "people": lines({"people": by_second("people")}),
        "lateness": lines({"generator late": by_second("generator_late_ms")}, " ms"),
    }
