"""The playground in a real Chromium: it needs nothing from the internet, and the whole walk-through works in it."""

import asyncio

import pytest
from playwright.async_api import expect

from live import chromium
from live.chromium import WITHIN_MS


@pytest.fixture(scope="module")
async def browser():
    """One for all tests of this file."""
    async with chromium.started() as started:
        yield started


@pytest.fixture
async def page(browser, stack):
    """A page that is told nothing by any other host than the stack, and that keeps what went wrong on it."""
    async with chromium.opened(browser, stack.http) as page:
        yield page


WALK_THROUGH = """mutation { SignUpAndCreateProfile(name: "Bob" email: "%s" password: "Password@123" clientId: "123abc")
{ account { id } profile { name } token { access refresh } } }"""

LISTEN = """([token, room]) => new Promise((joined, refused) => {
    const ws = new WebSocket(`ws://${location.host}/?token=SuperDuperUser%20${token}`);
    ws.onerror = () => refused("the socket was refused");
    ws.onopen = () => ws.send(JSON.stringify({ type: "JOIN_ROOM", payload: [{ name: room }] }));
    window.message = new Promise((arrived) => {
        ws.onmessage = (event) => {
            const frame = JSON.parse(event.data);
            if (frame.type === "JOINED") joined();
            if (frame.type === "MESSAGE") arrived(frame);
        };
    });
})"""


async def test_the_walk_through_works_in_a_browser(page, newcomer, stack):
    """Sign up in the playground by its button, then the socket from the console, and messages arrive as JSON frames."""
    bob = newcomer()
    await page.goto(f"{stack.http}/playground")
    editor = page.locator(".graphiql-query-editor .CodeMirror")
    await expect(editor).to_be_visible()
    await editor.evaluate("(element, text) => element.CodeMirror.setValue(text)", WALK_THROUGH % bob.email)
    await page.locator(".graphiql-execute-button").click()
    result = page.locator(".result-window")
    await expect(result).to_contain_text('"access"', timeout=WITHIN_MS)
    await page.screenshot(path=".veigo/playground.png")
    signed_up = await result.locator(".CodeMirror").evaluate("element => JSON.parse(element.CodeMirror.getValue())")
    bob.token = signed_up["data"]["SignUpAndCreateProfile"]["token"]["access"]
    room = await bob.create_room()
    await page.evaluate(LISTEN, [bob.token, room])
    await bob.send(room, "Hello from the browser, שלום 👋")
    async with asyncio.timeout(WITHIN_MS / 1000):
        message = await page.evaluate("window.message")

    assert "Hello from the browser, שלום 👋" == message["payload"][0]["content"]["content"]
    assert [] == page.wrongs
