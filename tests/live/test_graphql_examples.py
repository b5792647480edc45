"""docs/graphql_examples.md, typed in example by example: each answers what the page says, and none is missing."""

import asyncio
import json
import re
from pathlib import Path

from graphql import build_schema

from live.listener import listener
from live.people import Person
from services.gateway.schema import PRINTED

PAGE = Path(__file__).parents[2] / "docs" / "graphql_examples.md"
EXAMPLE = re.compile(r"^## (\w+)\n.*?```graphql\n(.*?)```.*?```json\n(.*?)```", re.MULTILINE | re.DOTALL)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
CAUGHT_UP_S_MAX = 15  # for the one example out of the read model


def examples():
    """Return (operation, query, answer) of every example on the page."""
    return EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))


def differences(shown, came, known, at=""):
    """Return where an answer is not what the page shows; learn what stands in angle brackets."""
    if shown == "<any>":
        return []
    if shown == "<time>":
        return [] if TIME.fullmatch(came or "") else [f"{at}: {came} is no time"]
    if isinstance(shown, str) and re.fullmatch(r"<[a-z.]+>", shown):
        return [] if came and known.setdefault(shown, came) == came else [f"{at}: {came} for {shown}"]
    if isinstance(shown, dict) and isinstance(came, dict) and shown.keys() == came.keys():
        return [line for key in shown for line in differences(shown[key], came[key], known, f"{at}.{key}")]
    if isinstance(shown, list) and isinstance(came, list) and len(shown) == len(came):
        pairs = zip(shown, came, strict=True)
        return [
            line for at_, (one, other) in enumerate(pairs) for line in differences(one, other, known, f"{at}[{at_}]")
        ]
    return [] if shown == came else [f"{at}: {came!r} and not {shown!r}"]


async def typed(person, query, known, count=None):
    """Send an example as the person it names, with what is known filled in; of a subscription take `count` events."""
    speaker = re.match(r"# as (\w+)\n", query)
    for placeholder, value in known.items():
        query = query.replace(placeholder, value)
    token = known[f"<{speaker[1]}.access>"] if speaker else ""
    if count is None:
        return await person.ask(query, token=token)
    async with listener(person, token=token) as socket:
        await socket.say("subscribe", id="1", payload={"query": query})
        return {"data": [(await socket.hear())["payload"]["data"] for _ in range(count)]}


async def test_every_example_answers_what_the_page_says(stack, http):
    """In the page's order; an answer out of the read model may take a moment."""
    person, known, wrong = Person(stack, http), {}, []
    for operation, query, answer in examples():
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (CAUGHT_UP_S_MAX if operation == "Inbox" else 0)
        while True:
            shown = json.loads(answer)
            came = await typed(person, query, known, len(shown) if isinstance(shown, list) else None)
            found = [str(came["errors"])] if "errors" in came else differences(shown, came["data"], known)
            if not found or loop.time() >= deadline:
                break
            await asyncio.sleep(0.05)
        wrong += [f"{operation}{line}" for line in found]

    assert [] == wrong


def test_every_operation_has_its_example():
    """An operation without one is one that nobody finds."""
    schema = build_schema(PRINTED.read_text(encoding="utf-8"))
    operations = {*schema.query_type.fields, *schema.mutation_type.fields, *schema.subscription_type.fields}

    assert operations == {operation for operation, _, _ in examples()}
