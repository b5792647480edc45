"""A real Chromium whose pages may ask one host only, and keep what went wrong on them."""

import shutil
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import async_playwright, expect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WITHIN_MS = 20_000
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run")


def on_this_machine():
    """Return where the machine has Chromium; empty when it has none."""
    return next(filter(None, map(shutil.which, NAMES)), "")


def executable(playwright):
    """Return where Chromium is, or skip and say how to get it."""
    found = on_this_machine() or playwright.chromium.executable_path
    if not Path(found).exists():
        pytest.skip("no Chromium: apt-get install chromium, or .venv/bin/playwright install chromium")
    return found


@asynccontextmanager
async def started():
    """The machine's Chromium, or the one Playwright installed."""
    expect.set_options(timeout=WITHIN_MS)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=executable(playwright), args=list(QUIET))
        yield chromium
        await chromium.close()


@asynccontextmanager
async def opened(browser, home, **context):
    """A page that is told nothing by any other host than its home; `wrongs` has errors, and whom else it asked."""
    page = await browser.new_page(**context)
    page.set_default_timeout(WITHIN_MS)
    page.wrongs = []
    netloc = urlsplit(home).netloc

    async def only_home(route):
        if urlsplit(route.request.url).netloc == netloc:
            await route.continue_()
        else:
            page.wrongs.append(f"asked for {route.request.url}")
            await route.abort()

    await page.route("**/*", only_home)
    page.on("pageerror", lambda error: page.wrongs.append(str(error)))
    page.on("console", lambda said: page.wrongs.append(said.text) if said.type == "error" else None)
    yield page
    await page.close()


if __name__ == "__main__":  # for noxfile.py, which installs one where there is none
    sys.stdout.write(on_this_machine())
