"""A report says the same to programs and to people, and needs nothing but itself."""

import re

import msgspec
import pytest

from veigo.checkers.ledger import Ledger
from veigo.history import Frame, Mark, Operation, RunStarted, Witnessed
from veigo.outcome import Outcome
from veigo.report import Report, page_of, report_of, write
from veigo.verdict import Finding, Judgement, Verdict

JUDGEMENT = Judgement(
    verdict=Verdict.VIOLATED,
    findings=(
        Finding(promise="Nothing is lost", verdict=Verdict.HOLDS, summary="fine"),
        Finding(
            promise="Nobody listens in",
            verdict=Verdict.VIOLATED,
            summary="1 frame too many",
            evidence=("eve heard <script>alert(1)</script>",),
            evidence_total=31,
        ),
    ),
)


def ledger(late_ms: int = 0) -> Ledger:
    records = [
        RunStarted(
            "20260101T000000Z-abc", "conversation", 7, {"users": 12, "rate": 50, "seconds": 2}, 1_767_225_600_000_000
        ),
        Mark("talk_started", 0, 0),
    ]
    for number in range(100):
        at_ns = number * 20_000_000
        message = f"m{number}"
        send = Operation("send", "ann", room="hall", message_id=message, intended_ns=at_ns, outcome=Outcome.OK)
        send.started_ns, send.ended_ns = at_ns + late_ms * 1_000_000, at_ns + 5_000_000
        at_us = at_ns // 1000
        records += [
            send,
            Frame("MESSAGE", "bob", 1, at_ns + 9_000_000, at_us + 9_000, room="hall", message_id=message),
            Witnessed(message, "hall", number, at_us, at_us // 1000 + 2, 0, number),
        ]
    return Ledger.of(records)


def report(of: Ledger) -> Report:
    return report_of(of, JUDGEMENT, fault_model="no faults", notes=["a note"])


def test_both_files_are_written_and_the_first_is_for_programs(tmp_path):
    page = write(report(ledger()), ledger(), tmp_path)

    assert page.read_text().startswith("<!doctype html>")
    assert msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report) == report(ledger())


def test_what_was_offered_is_told_apart_from_what_was_achieved():
    load = report(ledger()).load

    assert (load.offered_per_s, load.achieved_per_s) == (50, 50)
    assert load.sends == {"ok": 100, "failed": 0, "unknown": 0}
    assert load.deliveries == 100


def test_a_harness_that_was_late_itself_says_so():
    assert report(ledger(late_ms=30)).notes[-1].startswith("the harness itself was late (p99 30 ms)")
    assert report(ledger()).notes == ["a note"]


def test_the_page_is_one_file_that_asks_nobody_for_anything():
    page = page_of(report(ledger()), ledger())

    assert re.findall(r"(?:src|href)=|@import|url\(|<script|https?://", page.replace("&lt;script", "")) == []


def test_what_users_wrote_cannot_write_the_page():
    page = page_of(report(ledger()), ledger())

    assert "eve heard &lt;script&gt;" in page
    assert "1 of 31 pieces of evidence" in page


def test_a_run_in_which_nothing_happened_still_has_a_page():
    empty = Ledger.of([RunStarted("r", "conversation", 1, {}, 0)])

    assert "Violated" in page_of(report(empty), empty)


def test_a_history_of_no_run_is_refused():
    with pytest.raises(ValueError, match="first line"):
        report(Ledger())
