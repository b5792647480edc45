"""How fast the journey page answers on a run of a million deliveries, in a real Chromium.

    python bench/journey_page.py --messages 100000 --recipients 10
    python bench/journey_page.py --run runs/ID --pictures docs/pictures

The run is made up: half an hour of messages whose latencies spread as real ones do, with a fault in its middle. What is
measured is what a person waits for: from the click to the paint that shows what was clicked for.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from stack.collector import EXPECTED
from stack.table import TOPOLOGY
from veigo.observability import expectations
from veigo.telemetry import edge_rates
from veigo.telemetry.api import Api, Shown
from veigo.telemetry.store import Store

RUN_S = 1800
BEGAN_US = 1_795_538_000_000_000
INTERACTIONS = 20
INTERACTION_WITHIN_S = 20
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")
MESSAGES = f"""
    INSERT INTO messages BY NAME
    WITH drawn AS (
        SELECT i, gen_random_uuid()::TEXT AS message_id, md5(i::TEXT) AS trace_id,
               {BEGAN_US} + (i * {RUN_S}e6 / $messages)::BIGINT AS sent_us,
               exp(0.5 * sqrt(-2 * ln(random() + 1e-9)) * cos(6.283 * random())) AS slow,
               CASE WHEN i / $messages BETWEEN 0.55 AND 0.58 THEN (0.58 - i / $messages) * {RUN_S}e3 * random()
               ELSE 0 END AS held_ms
        FROM range($messages) AS numbers(i)),
    timed AS (SELECT *, sent_us + (7000 * slow)::BIGINT AS committed_us FROM drawn)
    SELECT message_id, 'room-' || (i % 40) AS room_id, i AS sequence, trace_id, 'sender-' || (i % 97) AS sender_id,
           sent_us, committed_us + 900 AS acked_us, committed_us, committed_us + (3000 * slow)::BIGINT AS captured_us,
           captured_us + 1500 + (held_ms * 1000)::BIGINT AS appended_us,
           appended_us + (4500 * slow)::BIGINT AS received_us, received_us + 400 AS fanned_out_us,
           'chat.public.room_events' AS topic, i % 4 AS "partition", i // 4 AS "offset", 25000000 + i * 700 AS lsn,
           $recipients AS recipients, 'send_message' AS policy, 5 AS data_version
    FROM timed"""  # noqa: S608 - our numbers
DELIVERIES = """
    INSERT INTO deliveries
    SELECT message_id, 'account-' || member, member::TEXT, fanned_out_us + (1500 * member * random())::BIGINT AS at_us
    FROM (SELECT * FROM messages ORDER BY sent_us), range($recipients) AS members(member) ORDER BY at_us"""
CALL = "veigo.chat.v1.MessageService/CreateMessage"
# Every span of a message's trace: who tells it, under which other one, what it is, and from when to when.
SPANS = f"""
    INSERT INTO spans
    SELECT trace_id, md5(message_id || hop.nth)[:16], CASE WHEN hop.nth > 1 THEN md5(message_id || hop.under)[:16] END,
           hop.node, hop.name, hop.kind, hop.began_us::BIGINT, hop.ended_us::BIGINT, true, message_id, '{{}}', '[]'
    FROM messages, LATERAL (VALUES
        (1, 0, 'client', 'CreateMessage', 'CLIENT', sent_us, acked_us),
        (2, 1, 'gateway', 'mutation CreateMessage', 'SERVER', sent_us + 300, acked_us - 200),
        (3, 2, 'gateway', '{CALL}', 'CLIENT', sent_us + 600, acked_us - 300),
        (4, 3, 'chat', '{CALL}', 'SERVER', sent_us + 1000, acked_us - 500),
        (5, 4, 'chat', 'POST opa send_message', 'CLIENT', sent_us + 1200, committed_us - 1500),
        (6, 4, 'chat', 'INSERT messages', 'CLIENT', committed_us - 1400, committed_us + 200),
        (7, 6, 'aggregator', 'cdc capture', 'INTERNAL', committed_us, captured_us),
        (8, 7, 'aggregator', 'kafka produce', 'PRODUCER', captured_us, appended_us),
        (9, 8, 'realtime', 'kafka dwell', 'CONSUMER', appended_us, received_us),
        (10, 9, 'realtime', 'fan-out', 'CONSUMER', received_us, fanned_out_us),
        (11, 8, 'aggregator', 'project', 'CONSUMER', appended_us + 900, appended_us + 5200),
        (12, 11, 'aggregator', 'mongo write', 'CLIENT', appended_us + 1100, appended_us + 4900)
    ) AS hop(nth, under, node, name, kind, began_us, ended_us)"""  # noqa: S608 - our names
POINTS = f"""
    INSERT INTO points
    SELECT {BEGAN_US} + i * 2000000, node, metric, labels, level * (0.7 + 0.6 * random())
           * CASE WHEN metric LIKE '%lag' AND i BETWEEN 495 AND 530 THEN 40 ELSE 1 END
    FROM range({RUN_S // 2}) AS ticks(i), (VALUES
        ('gateway', 'veigo.span.duration.rate', '{{"span":"veigo.aggregator.v1.InboxService/ListInbox"}}', 3.0),
        ('chat', 'veigo.span.duration.rate', '{{"span":"veigo.chat.v1.RoomService/GetRoomPosition"}}', 2.0),
        ('realtime', 'veigo.span.duration.rate', '{{"span":"POST opa join_room"}}', 2.0),
        ('aggregator', 'veigo.span.duration.rate', '{{"span":"opa patch"}}', 1.0),
        ('chat', 'veigo.slot.lag', '{{"slot":"veigo_chat"}}', 20000.0),
        ('chat', 'veigo.slot.lag', '{{"slot":"veigo_authentication"}}', 8000.0),
        ('realtime', 'veigo.consumer.lag', '{{"partition":"chat.public.room_events/0"}}', 2.0),
        ('aggregator', 'veigo.consumer.lag', '{{"partition":"chat.public.room_events/0"}}', 5.0),
        ('gateway', 'veigo.span.duration.rate', '{{"span":"veigo.chat.v1.MessageService/CreateMessage"}}', 55.0),
        ('chat', 'veigo.span.duration.rate', '{{"span":"INSERT messages"}}', 55.0),
        ('chat', 'veigo.span.duration.rate', '{{"span":"POST opa send_message"}}', 55.0),
        ('realtime', 'veigo.span.duration.rate', '{{"span":"kafka dwell"}}', 55.0),
        ('aggregator', 'veigo.span.duration.rate', '{{"span":"cdc capture"}}', 55.0),
        ('aggregator', 'veigo.span.duration.rate', '{{"span":"kafka produce"}}', 55.0),
        ('aggregator', 'veigo.span.duration.rate', '{{"span":"project"}}', 55.0),
        ('aggregator', 'veigo.span.duration.rate', '{{"span":"mongo write"}}', 55.0)
    ) AS told(node, metric, labels, level)"""  # noqa: S608 - our numbers
FAULTS = f"""INSERT INTO faults VALUES ('kill', 'kafka', {BEGAN_US + int(0.55 * RUN_S * 1e6)},
    {BEGAN_US + int(0.551 * RUN_S * 1e6)}, {BEGAN_US + int(0.58 * RUN_S * 1e6)})"""  # noqa: S608 - our numbers


def make_run(path: Path, messages: int, recipients: int) -> None:
    """Write a run of that size."""
    with Store.open(path) as store, store.cursor() as cursor:
        cursor.execute("SET memory_limit = '2GB'")
        cursor.execute(MESSAGES, {"messages": messages, "recipients": recipients})
        cursor.execute(DELIVERIES, {"recipients": recipients})
        for statement in (SPANS, POINTS, FAULTS):
            cursor.execute(statement)


# Asked by a promise: the page's policy forbids the evaluated texts that Playwright waits by.
TOOK_MS = """() => new Promise((done) => {
    const look = () => {
        const told = performance.getEntriesByType("measure").at(-1);
        if (!told) return requestAnimationFrame(look);
        performance.clearMeasures();
        done(told.duration);
    };
    look();
})"""


async def took_ms(page: Page) -> float:
    """What the page says the last interaction took, click to paint."""
    async with asyncio.timeout(INTERACTION_WITHIN_S):
        return float(await page.evaluate(TOOK_MS))


async def interact(page: Page) -> dict[str, list[float]]:
    """Click points, cells, selections and messages, and go back; all over the run."""
    found: dict[str, list[float]] = {"a point": [], "a cell": [], "a tenth of the run": [], "a message": [], "back": []}
    for number in range(INTERACTIONS):
        for name, chart in (("a point", "hops"), ("a cell", "heat")):
            surface = page.locator(f"#plot-{chart}")
            box = await surface.bounding_box()
            assert box is not None
            across = box["width"] * (0.08 + 0.38 * number / INTERACTIONS)
            await surface.click(position={"x": across, "y": box["height"] * 0.72})
            found[name].append(await took_ms(page))
            await page.keyboard.press("Escape")
        surface = page.locator("#plot-throughput")
        await surface.scroll_into_view_if_needed()
        box = await surface.bounding_box()
        assert box is not None
        across = box["x"] + box["width"] * (0.1 + 0.5 * number / INTERACTIONS)
        await page.mouse.move(across, box["y"] + 50)
        await page.mouse.down()
        await page.mouse.move(across + box["width"] * 0.1, box["y"] + 60, steps=4)
        await page.mouse.up()
        found["a tenth of the run"].append(await took_ms(page))
        await page.locator(".row").nth(number).click()
        found["a message"].append(await took_ms(page))
        await page.locator(".back").click()
        found["back"].append(await took_ms(page))
        await page.keyboard.press("Escape")
    return found


@asynccontextmanager
async def shown(path: Path) -> AsyncIterator[tuple[Browser, str]]:
    """A browser, and where the run's page is."""
    table = json.loads(edge_rates.described(TOPOLOGY, expectations.read(EXPECTED)))
    with Store.open(path, read_only=True) as store:
        app = web.Application()
        app.add_routes(Api(store, Shown(path.parent.name, live=False, table=table)).routes())
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            async with async_playwright() as playwright:
                where = shutil.which("chromium") or playwright.chromium.executable_path
                browser = await playwright.chromium.launch(executable_path=where, args=list(QUIET))
                yield browser, f"http://127.0.0.1:{runner.addresses[0][1]}/"
                await browser.close()
        finally:
            await runner.cleanup()


async def measure(path: Path) -> None:
    """Use the run's page, and print what it took."""
    async with shown(path) as (browser, url):
        page = await browser.new_page(viewport={"width": 1400, "height": 1180}, color_scheme="dark")
        began = time.perf_counter()
        await page.goto(url)
        await page.wait_for_selector("html[data-ready]")
        print(f"all charts of the whole run: {(time.perf_counter() - began) * 1000:.0f} ms")  # noqa: T201
        for name, times in (await interact(page)).items():
            print(f"{name}: median {statistics.median(times):.0f} ms, slowest {max(times):.0f} ms")  # noqa: T201


async def photograph(path: Path, folder: Path) -> None:
    """Take a picture of the whole page in the dark, and one of a message in the light."""
    async with shown(path) as (browser, url):
        for scheme in ("dark", "light"):
            page = await browser.new_page(viewport={"width": 1400, "height": 1000}, color_scheme=scheme)
            await page.goto(url)
            await page.wait_for_selector("html[data-ready]")
            if scheme == "light":
                surface = page.locator("#plot-throughput")
                await surface.click(position={"x": 300, "y": 80})
                await page.locator(".row").first.click()
                await page.wait_for_selector(".waterfall")
            await page.screenshot(path=folder / f"journey-{scheme}.png", full_page=scheme == "dark")


def main() -> None:
    """Make the run, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0] if __doc__ else None)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--recipients", type=int, default=10)
    parser.add_argument("--run", type=Path, help="the folder of a run; it is made there when there is none")
    parser.add_argument("--pictures", type=Path, help="take pictures into this folder, and measure nothing")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="veigo-journey-") as folder:
        path = (chosen.run or Path(folder)) / "telemetry.duckdb"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            make_run(path, chosen.messages, chosen.recipients)
        asyncio.run(photograph(path, chosen.pictures) if chosen.pictures else measure(path))


if __name__ == "__main__":
    main()
