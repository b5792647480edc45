"""What the harness saw reaches the collector: each send as a root, each message on a socket as a delivery."""

from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

from veigo.history import FaultEvent, FaultStage, Frame, History, Operation
from veigo.outcome import Outcome
from veigo.telemetry import otlp_protobuf, reporting, run_part, trace_ids
from veigo.telemetry.collector import Collector
from veigo.telemetry.reporting import Faults, Reporter, roots
from veigo.telemetry.rows import Fault
from veigo.telemetry.run_part import RunPart
from veigo.telemetry.span_rows import rows
from veigo.telemetry.store import Store

SEND = Operation(
    "send",
    "bob",
    room="r1",
    message_id="m1",
    content="secret words",
    intended_ns=5_000_000,
    started_ns=7_000_000,
    started_us=1_000_000,
    ended_ns=9_000_000,
    outcome=Outcome.OK,
)


def test_a_send_begins_when_it_was_meant_to_and_carries_no_words():
    """A harness that was late must not hide it; what was said is nobody's business."""
    body = roots([SEND])
    (span,) = rows(otlp_protobuf.tellings(body))

    assert (998_000, 1_002_000, None) == (span.start_us, span.end_us, span.parent_id)
    assert (trace_ids.trace_id("m1"), trace_ids.root_id("m1")) == (span.trace_id, span.span_id)
    assert b"secret" not in body


def test_the_header_names_the_root():
    """So that the stack's spans are its children."""
    assert f"00-{trace_ids.trace_id('m1')}-{trace_ids.root_id('m1')}-01" == trace_ids.traceparent("m1")


async def test_a_run_keeps_its_part(tmp_path, monkeypatch):
    """Reported while it goes on, and written into its folder at the end."""
    monkeypatch.setattr(run_part, "QUIET_S", 0.1)
    monkeypatch.setattr(run_part, "now", lambda: (0, 1_100_000))
    path = tmp_path / "run.duckdb"
    with Store.open(tmp_path / "live.duckdb") as live:
        async with (
            TestServer(Collector(live).application()) as server,
            History(tmp_path / "h.jsonl") as history,
            RunPart(history, str(server.make_url("")).rstrip("/"), path) as part,
        ):
            part._began_us = 0
            history.append(SEND)
            history.append(Frame("MESSAGE", "eve", 3, 0, 1_050_000, message_id="m1", content="secret words"))
            await part.keep()
    with Store.open(path, read_only=True) as run:
        counts = [run.count(table) for table in ("messages", "spans", "deliveries")]

    assert [] == part.notes
    assert [1, 1, 1] == counts


async def test_a_run_without_a_collector_says_so(tmp_path, unused_tcp_port):
    """And loses nothing else."""
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with History(tmp_path / "h.jsonl") as history, RunPart(history, url, tmp_path / "run.duckdb") as part:
        history.append(SEND)
        await part.keep()

    assert "the collector did not take 1 records of the run" == part.notes[0]
    assert "the run has no telemetry" in part.notes[1]


def test_the_stages_of_a_fault_are_put_together_as_they_come():
    """Whoever looks meanwhile sees a fault that is under way; each telling completes the one before."""
    faults = Faults()
    injected = FaultEvent("kill kafka", ["kafka"], FaultStage.INJECTED, 1, 10)
    felt = FaultEvent("kill kafka", ["kafka"], FaultStage.FELT, 2, 20, "a produce failed")
    healed = FaultEvent("kill kafka", ["kafka"], FaultStage.HEALED, 3, 30)

    told = [faults.told_in([injected]), faults.told_in([felt, healed]), faults.told_in([])]

    assert [
        [Fault("kill kafka", "kafka", 10)],
        [Fault("kill kafka", "kafka", 10, 20, 30)],
        [],
    ] == told


@asynccontextmanager
async def busy(refusals):
    """A collector that has no room for so many reports."""
    asked = []

    async def take(request):
        asked.append(await request.read())
        return web.Response(status=503 if len(asked) <= refusals else 200)

    application = web.Application()
    application.router.add_post("/v1/traces", take)
    async with TestServer(application) as server:
        yield str(server.make_url("/")), asked


async def dropped_of(url, folder, reports):
    async with History(folder / "h.jsonl") as history:
        async with Reporter(history, url) as reporter:
            for _ in range(reports):
                history.append(SEND)
                await reporter.catch_up()
        return reporter.dropped


async def test_a_collector_that_is_late_is_waited_for(tmp_path, monkeypatch):
    """It gives way to a busy stack, and what was seen must not be lost for that."""
    monkeypatch.setattr(reporting, "PAUSE_S", 0.01)
    async with busy(refusals=3) as (url, asked):
        assert 0 == await dropped_of(url, tmp_path, reports=1)
        assert 4 == len(asked)


async def test_a_collector_that_takes_nothing_holds_nobody_up(tmp_path, monkeypatch):
    """The first report is tried again and again, those after it once each; all are counted."""
    monkeypatch.setattr(reporting, "PAUSE_S", 0.01)
    async with busy(refusals=1_000) as (url, asked):
        assert 3 == await dropped_of(url, tmp_path, reports=3)
        assert reporting.ATTEMPTS_MAX + 2 == len(asked)
