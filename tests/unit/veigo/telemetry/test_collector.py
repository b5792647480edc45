"""The collector takes in what comes by HTTP, and says no in words."""

import pytest
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from spans import packed
from spans.told import Told, TracePart
from veigo.stack.readiness import until
from veigo.telemetry import buffer, intake, own_metrics
from veigo.telemetry.collector import Collector, now_us, store_at
from veigo.telemetry.forwarding import PROTOBUF, Forwarding, headers_in
from veigo.telemetry.rows import Delivery, Fault
from veigo.telemetry.store import Store


def one_span(number=1):
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    spans.add(trace_id=b"1" * 16, span_id=number.to_bytes(8, "big"), name="x")
    return request.SerializeToString()


@pytest.fixture
async def client(tmp_path):
    with Store.open(tmp_path / "t.duckdb") as store:
        collector = Collector(store, Forwarding("http://127.0.0.1:9", {}))
        async with TestClient(TestServer(collector.application())) as opened:
            opened.collector = collector
            yield opened


async def test_what_was_reported_can_be_asked_at_once(client):
    """The health page writes what waits, so whoever reads after it reads everything said before it."""
    await client.post("/v1/traces", data=one_span(), headers={"Content-Type": PROTOBUF})
    await client.post("/v1/deliveries", data=intake.report([Delivery("m1", "bob", "1", 5)]))
    await client.post("/v1/faults", data=intake.report([Fault("kill", "kafka", 5)]))
    health = await (await client.get("/healthz")).json()
    store = client.collector.store
    counts = [store.packed_spans, store.count("deliveries"), store.count("faults")]

    assert (3, 0, 0) == (health["received"], health["waiting"], health["lost"])
    assert [1, 1, 1] == counts


async def test_spans_come_in_json_too(client):
    """What was told before is not told again."""
    span = {
        "traceId": "1" * 32,
        "spanId": "2" * 16,
        "name": "x",
        "startTimeUnixNano": "5000",
        "endTimeUnixNano": "7000",
    }
    told = {"resourceSpans": [{"scopeSpans": [{"spans": [span, span]}]}]}
    answer = await client.post("/v1/traces", json=told)
    await client.get("/healthz")

    client.collector.store.unpack()

    assert (200, "application/json") == (answer.status, answer.content_type)
    assert [(5, 7)] == client.collector.store.tuples("SELECT start_us, end_us FROM spans")


async def test_spans_come_packed_and_are_found_by_whoever_asks(client):
    """As our services send them: a message's page has its own, in their order, out of all that came with them."""
    about = {"veigo.message.id": "m1"}
    sent = TracePart("t1", about, [Told("CreateMessage", 3, "s1", None, 5_000_000, 9_000_000)])
    within = TracePart("t1", about, [Told("mutation CreateMessage", 2, "s2", "s1", 6_000_000, 8_000_000)])
    other = TracePart("t2", {}, [Told("x", 2, "s3", None, 6_000_000, 7_000_000)])
    beside = TracePart("t1", {"veigo.message.id": "m2"}, [Told("x", 2, "s4", "s1", 1, 2)])
    for told in ([within, other], [sent, beside]):
        body = packed.body_of({"service.instance.id": "client"}, told)
        answer = await client.post("/v1/traces", data=body, headers={"Content-Type": packed.CONTENT_TYPE})
        assert 200 == answer.status
    await client.get("/healthz")
    way = await (await client.get("/api/messages/m1")).json()

    found = [(one["depth"], one["node"], one["name"], one["took_ms"]) for one in way["spans"]]
    assert [(0, "client", "CreateMessage", 4.0), (1, "client", "mutation CreateMessage", 2.0)] == found


async def test_a_number_that_is_too_large_is_refused(client):
    """OTLP has none of more than 64 bits; nothing is taken of such a body."""
    value = {"key": "x", "value": {"intValue": str(2**70)}}
    span = {"traceId": "1" * 32, "spanId": "2" * 16, "name": "x", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    told = {"resourceSpans": [{"scopeSpans": [{"spans": [span | {"attributes": [value]}]}]}]}
    answer = await client.post("/v1/traces", json=told)

    assert (400, 0) == (answer.status, client.collector.buffer.waiting)


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/metrics", "/v1/deliveries", "/v1/faults"])
async def test_nonsense_is_refused_in_words(client, path):
    """With 400, so that the sender does not try again."""
    answer = await client.post(path, data=b"\xff\xff\xff")

    assert 400 == answer.status
    assert "the body is no" in await answer.text()


async def test_a_store_that_cannot_keep_up_refuses_more(client, monkeypatch):
    """With 503 and when to try again; nothing grows without a bound."""
    monkeypatch.setattr(buffer, "ROWS_WAITING_MAX", 0)
    answer = await client.post("/v1/traces", data=one_span())

    assert (503, "1") == (answer.status, answer.headers["Retry-After"])


async def test_a_run_is_a_file_of_its_own(client, tmp_path):
    """Its time's rows, as a store anybody can open."""
    await client.post(
        "/v1/deliveries", data=intake.report([Delivery("m1", "bob", "1", 5), Delivery("m2", "bob", "1", 50)])
    )
    answer = await client.get("/v1/run", params={"since_us": 0, "until_us": 10})
    (tmp_path / "run.duckdb").write_bytes(await answer.read())
    with Store.open(tmp_path / "run.duckdb", read_only=True) as run:
        rows = run.rows("SELECT message_id FROM deliveries")

    assert [{"message_id": "m1"}] == rows


async def test_a_run_without_its_time_is_refused(client):
    """In words."""
    assert 400 == (await client.get("/v1/run")).status


async def test_another_backend_that_is_away_costs_nothing(client):
    """What it cannot be handed is counted."""
    for number in range(300):
        await client.post("/v1/traces", data=one_span(number), headers={"Content-Type": PROTOBUF})
    health = await (await client.get("/healthz")).json()

    assert 300 == health["spans"]
    assert health["not_handed_on"] > 0


async def test_a_body_that_protobuf_cannot_say_ends_no_forwarding(client):
    """An id that is not hexadecimal: it is counted, and the next one is tried as well."""
    span = {"traceId": "no id", "spanId": "2", "name": "x", "startTimeUnixNano": "1", "endTimeUnixNano": "2"}
    for number in range(2):
        told = {"resourceSpans": [{"scopeSpans": [{"spans": [span | {"spanId": str(number)}]}]}]}
        assert 200 == (await client.post("/v1/traces", json=told)).status

    async def counted():
        assert 2 == client.collector.forwarding.dropped

    await until(counted, 5, "the bodies are not counted")


async def test_what_came_is_kept_at_the_stop_though_a_task_had_failed(tmp_path, monkeypatch, capsys):
    """The failure is told, and the last rows are written."""

    async def fail(self):
        raise RuntimeError("a bug")

    monkeypatch.setattr(Forwarding, "run", fail)
    with Store.open(tmp_path / "t.duckdb") as store:
        collector = Collector(store, Forwarding("http://127.0.0.1:9", {}))
        async with TestClient(TestServer(collector.application())) as opened:
            await opened.post("/v1/traces", data=one_span(), headers={"Content-Type": PROTOBUF})
        count = store.packed_spans

    assert 1 == count
    assert "RuntimeError: a bug" in capsys.readouterr().out


def test_headers_are_read_as_the_standard_has_them():
    """Percent-encoded, and with commas between."""
    assert {"Authorization": "Basic abc=", "x": "1"} == headers_in("Authorization=Basic%20abc=, x=1")


def test_a_damaged_store_is_put_aside(tmp_path):
    """A killed collector must not keep the next one from starting."""
    path = tmp_path / "telemetry.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with store_at(path) as store:
        count = store.count("spans")

    assert 0 == count
    assert (tmp_path / "telemetry.damaged").exists()


async def test_rows_that_cannot_be_written_are_counted_and_stay_out_of_the_log(client, monkeypatch, capsys):
    """One bad batch ends nothing, and a traceback would print what is in it."""

    def fail(batch):
        raise MemoryError("too much")

    monkeypatch.setattr(client.collector.store, "write", fail)
    await client.post("/v1/deliveries", data=intake.report([Delivery("m1", "secret-bob", "1", 5)]))
    health = await (await client.get("/healthz")).json()
    told = capsys.readouterr().out

    assert (1, 0) == (health["lost"], health["waiting"])
    assert "rows_lost" in told
    assert "secret-bob" not in told


async def test_it_measures_itself(client):
    """What waits, what came twice, what was lost: told like everybody's figures, under its own name."""
    for _ in range(2):
        await client.post("/v1/traces", data=one_span(), headers={"Content-Type": PROTOBUF})
    told = {(node, metric): series.value for node, metric, series in own_metrics.told(client.collector, at_us=5)}

    assert 1.0 == told["collector", "veigo.collector.again"]
    assert 1.0 == told["collector", "veigo.collector.waiting"]
    assert 0.0 == told["collector", "veigo.collector.lost"]
    assert ("collector", "veigo.collector.not_handed_on") in told


@pytest.mark.parametrize(
    ("accepts", "exemplars"), [("application/openmetrics-text; version=1.0.0", True), ("*/*", False)]
)
async def test_prometheus_gets_what_it_asks_for(client, accepts, exemplars):
    """OpenMetrics, which has exemplars, or the older text."""
    await client.post("/v1/traces", data=one_span(), headers={"Content-Type": PROTOBUF})
    client.collector._measured(client.collector.spans.told(now_us()))
    answer = await client.get("/metrics", headers={"Accept": accepts})
    text = await answer.text()

    assert "veigo_span_duration_seconds_bucket" in text
    assert exemplars == (' # {trace_id="' in text) == text.endswith("# EOF\n")
    assert exemplars == answer.headers["Content-Type"].startswith("application/openmetrics-text")
