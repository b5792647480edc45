"""A trace is whole or it is not: stores broken by hand, each in its own way, are convicted; a whole one acquitted."""

import pytest

from veigo.checkers.every_message_is_one_trace import EveryMessageIsOneTrace
from veigo.checkers.ledger import Ledger
from veigo.history import Operation
from veigo.outcome import Outcome
from veigo.telemetry.completeness import EXPECTED, Broken, Completeness, completeness, percent
from veigo.telemetry.rows import Batch, Facts, MessagePart, Span
from veigo.telemetry.store import Store
from veigo.verdict import Verdict

TIMES = ("sent_us", "acked_us", "committed_us", "captured_us", "appended_us", "received_us", "fanned_out_us")


def whole(message_id="m1"):
    """A message with every span, each the child of the one before, and times a millisecond apart."""
    times = {name: (number + 1) * 1000 for number, name in enumerate(TIMES)}
    names = [("mutation CreateMessage" if one.hop == "gateway" else one.name, one.kind) for one in EXPECTED]
    spans = [
        Span(f"t-{message_id}", str(n), str(n - 1) if n else None, "x", name, kind, n, n, True, message_id, "{}")
        for n, (name, kind) in enumerate(names)
    ]
    return Batch(messages=[MessagePart(message_id, Facts(trace_id=f"t-{message_id}", **times))], spans=spans)


def without(name):
    batch = whole()
    batch.spans = [span for span in batch.spans if not span.name.startswith(name)]
    return batch


def with_(change):
    batch = whole()
    change(batch)
    return batch


def lose_times(batch):
    del batch.messages[0].facts["captured_us"]


def go_back_in_time(batch):
    batch.messages[0].facts["captured_us"] = 1


def cut_the_parent(batch):
    batch.spans[-1] = batch.spans[-1]._replace(parent_id="gone")


def add_a_root(batch):
    batch.spans.append(batch.spans[-1]._replace(span_id="second", parent_id=None))


def lose_the_trace(batch):
    batch.spans = [span._replace(trace_id="t-m2") for span in batch.spans]


SABOTEURS = {
    **{one.hop: (without(one.name), one.hop) for one in EXPECTED[6:]},
    "a missing parent": (with_(cut_the_parent), "mongo write"),
    "two roots": (with_(add_a_root), "its root"),
    "a time that is missing": (with_(lose_times), "capture"),
    "a hop that ends before it begins": (with_(go_back_in_time), "capture"),
    "no spans": (with_(lose_the_trace), "the start"),
    "no message": (Batch(spans=whole("m2").spans), "the start"),
}


def judged(tmp_path, batch, *message_ids, **options):
    path = tmp_path / "telemetry.duckdb"
    with Store.open(path) as store:
        store.write(batch)
    ledger = Ledger.of(Operation("send", "bob", message_id=one, outcome=Outcome.OK) for one in message_ids)
    return EveryMessageIsOneTrace(path, **options).check(ledger)


def test_an_honest_run_is_acquitted(tmp_path):
    """Two messages, each with its whole trace."""
    batch = whole("m1")
    batch.extend(whole("m2"))
    finding = judged(tmp_path, batch, "m1", "m2")

    assert Verdict.HOLDS == finding.verdict
    assert "100 % of 2 messages have a complete, connected trace" == finding.summary


@pytest.mark.parametrize("saboteur", SABOTEURS)
def test_every_saboteur_is_convicted(tmp_path, saboteur):
    """Whatever is missing is found, and named where it broke."""
    batch, at = SABOTEURS[saboteur]
    finding = judged(tmp_path, batch, "m1")

    assert Verdict.VIOLATED == finding.verdict
    assert f"1 broke at {at}" in finding.summary
    assert finding.evidence[0].startswith("m1 broke at")


def test_another_messages_spans_in_the_same_trace_do_not_help(tmp_path):
    """One request may send two messages; each must have its own way."""
    batch = without("fan-out")
    batch.spans.append(
        batch.spans[0]._replace(span_id="n", parent_id="0", name="fan-out", kind="CONSUMER", message_id="m2")
    )

    assert Verdict.VIOLATED == judged(tmp_path, batch, "m1").verdict


def test_faults_may_take_a_share(tmp_path):
    """What a fault is allowed to cost is said beforehand."""
    batch = whole("m2")
    batch.extend(without("fan-out"))

    assert Verdict.HOLDS == judged(tmp_path, batch, "m1", "m2", broken_share_max=0.5).verdict
    assert Verdict.VIOLATED == judged(tmp_path / "..", batch, "m1", "m2", broken_share_max=0.4).verdict


def test_nothing_to_judge_proves_nothing(tmp_path):
    """No acknowledged message, no store, no span: inconclusive."""
    missing = EveryMessageIsOneTrace(tmp_path / "none.duckdb")
    sent = Ledger.of([Operation("send", "bob", message_id="m1", outcome=Outcome.OK)])

    assert Verdict.INCONCLUSIVE == missing.check(Ledger.of([])).verdict
    assert Verdict.INCONCLUSIVE == missing.check(sent).verdict
    assert Verdict.INCONCLUSIVE == judged(tmp_path, Batch(), "m1").verdict


def test_all_that_were_acknowledged_are_examined_when_nobody_is_named(tmp_path):
    """As `veigo trace check` does it."""
    with Store.open(tmp_path / "t.duckdb") as store:
        store.write(whole("m1"))
        store.write(Batch(messages=[MessagePart("refused", Facts(sent_us=1))]))

        assert 1 == completeness(store).messages


@pytest.mark.parametrize(
    ("part", "expected"), [(12_000, "100 %"), (11_999, "99.99 %"), (11_997, "99.97 %"), (0, "0.00 %")]
)
def test_what_is_not_all_never_looks_like_all(part, expected):
    """Percentages are cut, not rounded."""
    assert expected == percent(part, 12_000)


def test_the_figure_names_where_it_broke():
    """As a sentence."""
    broken = [Broken(str(n), "capture", "") for n in range(3)] + [Broken("x", "fan-out", "")]
    sentence = "99.96 % of 12,000 messages have a complete, connected trace; 3 broke at capture, 1 at fan-out"

    assert sentence == str(Completeness(12_000, tuple(broken)))
