"""The telemetry of one run: reported while it goes on, and at its end written into the run's folder.

    async with RunPart(history, "http://127.0.0.1:4950", folder / "telemetry.duckdb") as part:
        …
        await part.keep()

A collector that is away leaves the folder without telemetry, and a note that says why.
"""

import asyncio
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from veigo.history import History, now
from veigo.telemetry.reporting import Reporter
from veigo.telemetry.store import unpacked

QUIET_S = 2.5  # a few times as long as services wait before they send their spans
SETTLE_WITHIN_S = 10.0
LOOK_EVERY_S = 0.2
FETCH_WITHIN_S = 60.0


class RunPart:
    """One run's part of what the collector has."""

    def __init__(self, history: History, collector_url: str, path: Path, *, began_us: int | None = None) -> None:
        """Report a history; one that others have begun says since when, by the wall clock."""
        self.notes: list[str] = []
        self._url = collector_url
        self._path = path
        self._reporter = Reporter(history, collector_url)
        self._began_us = now()[1] if began_us is None else began_us

    async def __aenter__(self) -> Self:
        """Begin to report."""
        await self._reporter.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Report the rest."""
        await self._reporter.__aexit__(kind, error, at)

    async def keep(self) -> None:
        """Wait until everything has arrived, and write the run's part into its folder."""
        await self._reporter.catch_up()
        if self._reporter.dropped:
            self.notes.append(f"the collector did not take {self._reporter.dropped:,} records of the run")
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=FETCH_WITHIN_S)) as http:
                await self._settled(http)
                until_us = now()[1]
                when = {"since_us": str(self._began_us), "until_us": str(until_us)}
                async with http.get(f"{self._url}/v1/run", params=when) as answer:
                    answer.raise_for_status()
                    content = await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.notes.append(f"the run has no telemetry, the collector could not be asked: {error!r}")
            return
        exported = self._path.with_suffix(".exported")
        try:
            await asyncio.to_thread(exported.write_bytes, content)
            await asyncio.to_thread(unpacked, exported, self._path, self._began_us, until_us)
        finally:
            exported.unlink(missing_ok=True)

    async def _settled(self, http: aiohttp.ClientSession) -> None:
        """Wait until no span has come for a while; services send what they have within a fraction of it."""
        deadline_s = time.monotonic() + SETTLE_WITHIN_S
        spans, since_s = -1, time.monotonic()
        while time.monotonic() < deadline_s:
            async with http.get(f"{self._url}/healthz") as answer:
                told = int((await answer.json())["spans"])
            if told != spans:
                spans, since_s = told, time.monotonic()
            elif time.monotonic() - since_s > QUIET_S:
                return
            await asyncio.sleep(LOOK_EVERY_S)
        self.notes.append(f"spans still came {SETTLE_WITHIN_S:g} s after the run, so some may be missing")
