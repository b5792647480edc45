"""The card adds trials up honestly: the worst verdict, the slowest time, and none where calm weather fails too."""

import re

import msgspec
import pytest

from veigo.card_comparison import Committed, CommittedCard, Tolerance, committed_at, committed_of, compared
from veigo.report_card import BASELINE, TrialResult, card_of, read_json, write_json
from veigo.report_card_page import page_of
from veigo.stack.problem import StackError
from veigo.trial_figures import Band, Figures
from veigo.verdict import Finding, Verdict

TOLERANCE = Tolerance(why="machines differ")


def figures(**changed):
    usual = Figures(
        messages=1_000,
        acknowledged=990,
        refused=0,
        unknown=10,
        first_delivery_s=0.2,
        back_s=4.0,
        back_after_fault_s=9.0,
        delayed=300,
        resumed=12,
        resumed_s=1.5,
        wire_duplicates=7,
        late_ms=3.0,
        traces_complete=1.0,
        bands=(Band(fault="kill kafka", from_s=5.0, healing_s=6.0, until_s=8.0),),
        latencies=[(at / 10, 10.0 + at) for at in range(200)],
    )
    return msgspec.structs.replace(usual, **changed)


def trial(name="kafka_killed", seed=1, verdict=Verdict.HOLDS, judges=(), summary="fine", **changed):
    return TrialResult(
        number=seed,
        name=name,
        sentence="Kafka is killed.",
        fault="kill kafka",
        model="a process dies",
        seed=seed,
        verdict=verdict,
        findings=(Finding(promise="Nothing is lost", verdict=verdict, summary=summary),),
        figures=figures(**changed),
        notes=(),
        folder=f"{seed:02}_{name}_seed_{seed}",
        judges=judges,
    )


def card(*trials):
    return card_of("20261125T000000Z-abc", "2026-11-25T00:00:00+00:00", "Linux, 2 cores", trials)


def line(*trials):
    return next(line for line in card(*trials).lines if line.name != BASELINE)


def test_one_violated_seed_violates_the_experiment_and_says_which():
    found = line(trial(seed=1), trial(seed=2, verdict=Verdict.VIOLATED, summary="2 messages are missing"))

    assert Verdict.VIOLATED is found.verdict
    assert ("seed 2: Nothing is lost: 2 messages are missing",) == found.why


def test_times_are_the_slowest_seeds_and_counts_are_sums():
    found = line(trial(seed=1), trial(seed=2, back_s=11.0, resumed_s=0.3, traces_complete=0.9995))

    assert (11.0, 1.5, 0.9995) == (found.back_s, found.resumed_s, found.traces_complete)
    assert (2_000, 1_980, 20, 14) == (found.messages, found.acknowledged, found.unknown, found.wire_duplicates)


def test_a_seed_that_never_came_back_is_not_hidden_by_one_that_did():
    assert line(trial(seed=1), trial(seed=2, back_s=None)).back_s is None


def test_nothing_is_learned_about_a_fault_where_calm_weather_fails_too():
    calm = trial(BASELINE, verdict=Verdict.VIOLATED, judges=("kafka_killed",), summary="1 message is missing")
    whole = card(calm, trial())

    assert Verdict.INCONCLUSIVE is line(calm, trial()).verdict
    assert line(calm, trial()).why[0].startswith("without the fault, too: Nothing is lost")
    assert Verdict.VIOLATED is whole.verdict  # the baseline itself is


def test_calm_weather_casts_doubt_on_the_promise_it_broke_and_on_no_other():
    """A message that was lost under the fault is lost, however slow the machine was before."""
    calm, broken = trial(BASELINE, judges=("kafka_killed",)), trial(verdict=Verdict.VIOLATED, summary="1 is missing")
    slow = Finding(promise="All is soon as before", verdict=Verdict.INCONCLUSIVE, summary="too few messages")
    calm.findings += (slow,)
    found = line(calm, broken)

    assert Verdict.VIOLATED is found.verdict
    assert ("without the fault, too: All is soon as before: too few messages",) == found.why[:1]
    assert Verdict.INCONCLUSIVE is line(calm, trial()).verdict


def test_a_baseline_of_others_says_nothing_about_this_one():
    calm = trial(BASELINE, verdict=Verdict.VIOLATED, judges=("chat_killed",))

    assert Verdict.HOLDS is line(calm, trial()).verdict


def test_a_card_without_trials_proves_nothing():
    assert Verdict.INCONCLUSIVE is card().verdict


def test_a_run_that_was_cut_short_proves_nothing_as_a_whole():
    assert Verdict.INCONCLUSIVE is card_of("a-run", "today", "a machine", [trial()], left_out=3).verdict
    assert Verdict.VIOLATED is card_of("a-run", "today", "", [trial(verdict=Verdict.VIOLATED)], left_out=3).verdict


def test_a_card_is_read_back_as_it_was_written(tmp_path):
    whole = card(trial(BASELINE, judges=("kafka_killed",)), trial())

    assert whole == read_json(write_json(whole, tmp_path))


@pytest.mark.parametrize(
    ("changed", "worse"),
    [
        ({}, []),
        ({"back_s": 11.9}, []),  # three times as long is a bad day
        ({"back_s": 12.1}, ["back at its steady state after 12.1 s"]),
        ({"back_s": None}, ["back at its steady state was not seen at all"]),
        ({"resumed_s": 9.9}, []),  # below the floor
        ({"resumed_s": 10.1}, ["everybody had resumed after 10.1 s"]),
        ({"back_s": None, "late_ms": 51.0}, []),  # the machine had no time for anybody
        ({"traces_complete": 0.9989}, ["99.89% of the traces are whole"]),
        ({"traces_complete": 0.9991}, []),
        ({"verdict": Verdict.INCONCLUSIVE}, ["it is inconclusive, and held when"]),
        ({"verdict": Verdict.VIOLATED}, ["it is violated, and held when"]),
    ],
)
def test_promises_are_compared_exactly_and_times_only_when_they_exploded(changed, worse):
    committed = committed_of(card(trial()), TOLERANCE)
    found = compared(card(trial(**changed)), committed, "baseline.json").regressions

    assert len(worse) == len(found)
    assert all(f"kafka_killed: {start}" in sentence for start, sentence in zip(worse, found, strict=True))


def test_what_was_bad_before_may_stay_bad_and_what_is_new_is_no_regression():
    bad = Committed(verdict=Verdict.INCONCLUSIVE)
    committed = CommittedCard(tolerance=TOLERANCE, machine="another", experiments={"kafka_killed": bad})
    fresh = card(trial(verdict=Verdict.INCONCLUSIVE), trial("chat_killed"))

    assert () == compared(fresh, committed, "baseline.json").regressions


def test_there_need_be_no_committed_card_but_a_damaged_one_is_refused(tmp_path):
    (tmp_path / "damaged.json").write_text("{}")

    assert committed_at(tmp_path / "none.json") is None
    with pytest.raises(StackError, match="is no committed card"):
        committed_at(tmp_path / "damaged.json")


def test_the_page_is_one_file_that_asks_nobody_for_anything_but_its_neighbours():
    page = page_of(card(trial(BASELINE, judges=("kafka_killed",)), trial()))

    links = set(re.findall(r'href="([^"]*)"', page))
    assert links == {
        *("#baseline", "#kafka_killed"),
        *("01_baseline_seed_1/report.html", "01_baseline_seed_1/plan.txt"),
        *("01_kafka_killed_seed_1/report.html", "01_kafka_killed_seed_1/plan.txt"),
    }
    assert re.findall(r"src=|@import|url\(|<script|https?://", page) == []


def test_a_fault_is_a_band_where_it_was():
    page = page_of(card(trial()))

    assert '<rect class="band" x="25.0" width="5.0"' in page  # 5 to 6 of 20 s
    assert '<rect class="band healing" x="30.0" width="10.0"' in page


def test_what_went_wrong_cannot_write_the_page():
    page = page_of(card(trial(verdict=Verdict.VIOLATED, summary="<script>alert(1)</script>")))

    assert "<script" not in page
