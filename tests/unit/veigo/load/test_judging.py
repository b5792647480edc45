"""A load run's figures are held to limits, unless whoever made the load was its bottleneck."""

import csv
import json
from xml.etree import ElementTree

import pytest

from saboteurs.evening import Evening
from veigo.checkers.catalogue import checkers_for
from veigo.checkers.generator_kept_up import GeneratorKeptUp
from veigo.checkers.knee_was_found import KneeWasFound
from veigo.checkers.ledger import Ledger
from veigo.checkers.members_were_let_in import MembersWereLetIn
from veigo.checkers.within_limits import WithinLimits
from veigo.history import GeneratorSecond
from veigo.load.course import course
from veigo.load.judging import judged
from veigo.load.keeping_up import blocked_ms, doubts
from veigo.load.measures import Limits, measured
from veigo.load.ramp import held_until_ns, knee_of, steps_of
from veigo.run_folder import RunFolder
from veigo.verdict import Verdict


def ledger(**details):
    return Ledger.of(Evening(**details).records())


def figures(played, limits):
    return {one.name: one for one in measured(played, limits.as_parameters())}


def test_each_limit_is_held_to_what_was_measured():
    found = figures(ledger(), Limits(delivered_p50_ms=4, delivered_p99_ms=6, acknowledged_p99_ms=1))

    assert (5.0, False) == (found["delivered_p50_ms"].value, found["delivered_p50_ms"].kept)
    assert (5.0, True) == (found["delivered_p99_ms"].value, found["delivered_p99_ms"].kept)
    assert (1.0, True) == (found["acknowledged_p99_ms"].value, found["acknowledged_p99_ms"].kept)
    assert (0.0, True) == (found["failed_share"].value, found["failed_share"].kept)


def test_a_limit_on_what_nobody_did_is_neither_kept_nor_broken():
    found = figures(ledger(), Limits(resumed_p99_ms=100))

    assert found["resumed_p99_ms"].kept is None
    assert "not measured" in str(found["resumed_p99_ms"])


def test_a_message_acknowledged_after_the_talk_was_not_achieved():
    played = ledger()
    for send in list(played.sends.values())[:200]:
        send.ended_ns += 60_000_000_000

    assert 0.5 == figures(played, Limits())["achieved_share"].value


def test_latency_counts_from_when_it_was_meant_and_not_from_when_it_was_sent():
    """Otherwise a generator that falls behind hides what its people waited for."""
    played = ledger()
    for send in played.sends.values():
        send.started_ns += 4_000_000

    assert 5.0 == figures(played, Limits(delivered_p50_ms=1))["delivered_p50_ms"].value


@pytest.mark.parametrize(
    ("details", "limits", "generator"),
    [
        ({}, Verdict.HOLDS, Verdict.HOLDS),
        ({"delivered_ms": 200}, Verdict.VIOLATED, Verdict.HOLDS),
        ({"fails_every": 100}, Verdict.VIOLATED, Verdict.HOLDS),
        ({"delivered_ms": 200, "stands_still_ms": 200}, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        ({"warning": "busy"}, Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE),
    ],
)
def test_a_run_whose_generator_was_the_bottleneck_is_void(details, limits, generator):
    played = ledger(**details)

    assert (limits, generator) == (WithinLimits().check(played).verdict, GeneratorKeptUp().check(played).verdict)


def test_what_waited_too_long_is_the_time_in_which_it_came():
    assert [0.0, 0.0, 150.0] == [blocked_ms(late_ms, 50) for late_ms in (2, 50, 200)]


def second(late_ms=1.0, overdue_ms=0.0, process="generator 1"):
    return GeneratorSecond(process, 0, 0, 1, 1.0, late_ms, 50, blocked_ms(late_ms, 50), overdue_ms_max=overdue_ms)


def test_one_hiccup_in_a_minute_is_no_doubt():
    assert [] == doubts([second(120, 120), *(second() for _ in range(60))])


def test_each_process_is_looked_at_by_itself():
    """Nine idle ones are no excuse for the tenth."""
    idle = [second(process=f"generator {number}") for number in range(2, 11) for _ in range(30)]

    (doubt,) = doubts([*idle, *(second(100) for _ in range(30))])

    assert doubt.startswith("generator 1: for 5.0% of 30 s")


def test_sends_that_begin_late_again_and_again_are_a_doubt():
    assert "sends began" in doubts([second(overdue_ms=80) for _ in range(10)])[0]


def test_the_knee_of_a_rising_load_is_found_again_in_its_history():
    played = ledger(breaks_at_step=3)

    assert 5 == len(steps_of(played))
    assert steps_of(played)[2] == knee_of(played).last_held
    assert Verdict.HOLDS is KneeWasFound().check(played).verdict
    assert 12 == (held_until_ns(played) - played.marks["talk_started"].at_ns) // 1_000_000_000


def test_a_load_that_does_not_rise_has_no_knee():
    assert knee_of(ledger()) is None
    assert not KneeWasFound().concerns(ledger())


def test_a_run_is_judged_again_on_its_own_terms(tmp_path):
    asked, _ = checkers_for(ledger(), tmp_path / "none")
    kinds = {type(checker) for checker in asked}

    assert {GeneratorKeptUp, WithinLimits} <= kinds
    assert not {KneeWasFound, MembersWereLetIn} & kinds


def test_the_course_of_a_run_counts_each_message_for_the_second_in_which_it_was_meant():
    rows = course(ledger(delivered_ms=1_500))

    assert 20 == len(rows)
    assert {(2, 20, 20, 20, 1500.0)} == {
        (row.people, row.offered, row.achieved, row.delivered, row.delivered_p99_ms) for row in rows
    }


@pytest.fixture
def results(tmp_path):
    """The folder of a run whose limits were not kept, and its report."""
    return tmp_path, judged(RunFolder("r1", tmp_path), ledger(delivered_ms=200), ["a smaller version of the scene"])


def test_junit_fails_by_the_limit_that_was_not_kept(results):
    suite = ElementTree.parse(results[0] / "junit.xml").getroot()[0]
    failed = {(case.get("classname"), case.get("name")) for case in suite if case.find("failure") is not None}

    assert Verdict.VIOLATED is results[1].verdict
    assert {("limits", "delivered_p99_ms"), ("promises", WithinLimits.promise)} == failed
    assert "2" == suite.get("failures")


def test_junit_has_no_pass_for_what_proved_nothing(tmp_path):
    report = judged(RunFolder("r1", tmp_path), ledger(delivered_ms=200, stands_still_ms=300), [])
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]

    assert Verdict.INCONCLUSIVE is report.verdict
    assert "0" == suite.get("failures")
    assert {GeneratorKeptUp.promise, WithinLimits.promise, "delivered_p99_ms"} <= {
        case.get("name") for case in suite if case.find("error") is not None
    }


def test_the_page_of_a_rising_load_shows_its_steps_and_the_knee(tmp_path):
    judged(RunFolder("r1", tmp_path), ledger(breaks_at_step=3), [])
    page = (tmp_path / "report.html").read_text(encoding="utf-8")

    assert "<strong>the knee</strong>" in page
    assert "broke: it was too slow" in page
    assert 5 == len(json.loads((tmp_path / "figures.json").read_text())["steps"])


def test_the_page_and_the_table_tell_the_same(results):
    folder, _ = results
    page = (folder / "report.html").read_text(encoding="utf-8")
    rows = list(csv.DictReader((folder / "seconds.csv").read_text(encoding="utf-8").splitlines()))

    assert "delivered p99" in page
    assert "a smaller version of the scene" in page
    assert 20 == len(rows)
    assert "200.0" == rows[3]["delivered_p99_ms"]
