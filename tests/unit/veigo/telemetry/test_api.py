"""The journey page's API answers in JSON, and refuses with a code and words that say what to do."""

import pytest
from aiohttp.test_utils import TestClient, TestServer

from stack.collector import EXPECTED
from stack.table import TOPOLOGY
from veigo.observability import expectations
from veigo.telemetry import edge_rates
from veigo.telemetry.api import RECEIPTS_MAX, Shown, table_in
from veigo.telemetry.collector import Collector
from veigo.telemetry.questions import Questions, TooMuchError
from veigo.telemetry.rows import Batch, Delivery, Facts, MessagePart, Point
from veigo.telemetry.store import Store

TABLE = table_in(edge_rates.described(TOPOLOGY, expectations.read(EXPECTED)))


@pytest.fixture
async def client(tmp_path):
    with Store.open(tmp_path / "t.duckdb") as store:
        received = [Delivery("m1", f"p{number}", "1", 2_000 + number) for number in range(500)]
        calls = '{"kind":"CLIENT","span":"veigo.chat.v1.MessageService/CreateMessage"}'
        told = [Point(1_500, "gateway", "veigo.span.duration.rate", calls, 7.0)]
        store.write(Batch(messages=[MessagePart("m1", Facts(sent_us=1_000))], deliveries=received, points=told))
        collector = Collector(store, shown=Shown("live", live=False, table=TABLE))
        async with TestClient(TestServer(collector.application())) as opened:
            yield opened


@pytest.mark.parametrize(
    ("path", "status", "code", "words"),
    [
        ("/api/overview", 400, "BAD_WINDOW", "say since_us and until_us"),
        ("/api/overview?since_us=x&until_us=5", 400, "BAD_WINDOW", "whole microseconds"),
        ("/api/messages?since_us=9&until_us=5", 400, "BAD_WINDOW", "since_us must be before until_us"),
        (f"/api/overview?since_us=0&until_us={2**70}", 400, "BAD_WINDOW", "before"),
        ("/api/overview?last_s=0", 400, "BAD_NUMBER", "last_s must be a whole number from 1"),
        ("/api/overview?since_us=1&until_us=5&buckets=100000", 400, "BAD_NUMBER", "from 1 to 400"),
        ("/api/messages?since_us=1&until_us=5&limit=many", 400, "BAD_NUMBER", "limit must be"),
        ("/api/messages?since_us=1&until_us=5&slower_ms=3", 400, "BAD_LATENCY", "both as numbers"),
        ("/api/messages?since_us=1&until_us=5&slower_ms=3&faster_ms=nan", 400, "BAD_LATENCY", "less than"),
        ("/api/messages/nobody-knows-it", 404, "UNKNOWN_MESSAGE", "no message nobody-knows-it is known here"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused_in_words(client, path, status, code, words):
    """With a code for programs."""
    answer = await client.get(path)
    error = (await answer.json())["error"]

    assert (status, code) == (answer.status, error["code"])
    assert words in error["message"]


async def test_a_message_with_many_recipients_is_told_with_some_of_them_and_their_number(client):
    """The first and the last, which is what is looked for."""
    told = await (await client.get("/api/messages/m1")).json()

    assert (500, RECEIPTS_MAX) == (told["received"], len(told["receipts"]))
    assert ("p0", "p499") == (told["receipts"][0]["recipient"], told["receipts"][-1]["recipient"])


async def test_the_topology_is_the_stack_table_with_rates(client):
    """An edge nobody tells of has none."""
    told = await (await client.get("/api/topology?since_us=0&until_us=1000000")).json()
    rates = {(edge["source"], edge["target"]): edge["per_s"] for edge in told["edges"]}

    assert [node.name for node in TOPOLOGY.nodes] == [node["name"] for node in told["nodes"]]
    assert (7.0, 500.0, None) == (
        rates["gateway", "chat"],
        rates["gateway", "realtime"],
        rates["authentication", "postgres"],
    )


async def test_the_page_may_load_nothing_from_elsewhere(client):
    """The browser is told so."""
    answer = await client.get("/")

    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<title>" in await answer.text()
    assert 404 == (await client.get("/page/..%2fstore.py")).status


async def test_a_question_that_takes_too_long_is_stopped(tmp_path):
    """The store goes on answering others."""
    with Store.open(tmp_path / "t.duckdb") as store:
        questions = Questions(store, within_s=0.05)
        with pytest.raises(TooMuchError):
            await questions.ask(lambda asked: asked.rows("SELECT count(*) FROM range(10000000000) a, range(1000) b"))

        assert [{"n": 1}] == await Questions(store).ask(lambda asked: asked.rows("SELECT 1 AS n"))
