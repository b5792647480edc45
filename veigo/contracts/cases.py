"""Cases: contracts written as data. A text in angle brackets stands for something, and `<any of these>` is bound first.

    "<room>"      what the stage binds to that name, in a request and in a reply
    "<uuid>" "<time>" "<text>" "<number>" "<token>" "<any>"
                  in a reply, something of this shape; whoever serves a case's reply gets an example of it

A reply matches when it has at least what the case says: what a consumer does not name it does not rely on. Lists match
item by item.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

JSON = Any
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")
TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
PLACEHOLDER = re.compile(r"<([^<>]+)>")


def _is_text(value: JSON) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: JSON) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdigit())


SHAPES: Mapping[str, tuple[Callable[[JSON], object], JSON]] = {
    "uuid": (lambda value: isinstance(value, str) and UUID.fullmatch(value), "0191c2a4-7a3e-7c51-9d7e-2f1f0d1c9b5a"),
    "time": (lambda value: isinstance(value, str) and TIME.fullmatch(value), "2026-01-31T09:30:00.000001Z"),
    "token": (lambda value: isinstance(value, str) and TOKEN.fullmatch(value), "aaa.bbb.ccc"),
    "text": (_is_text, "some words"),
    "number": (_is_number, 7),
    "any": (lambda _: True, None),
}
"""What a reply may be said to hold: whether something is of that shape, and an example of it."""


def loaded(path: Path) -> JSON:
    """Return a file of cases."""
    return json.loads(path.read_text(encoding="utf-8"))


def filled(value: JSON, bound: Mapping[str, JSON]) -> JSON:
    """Return a request, or an example of a reply, with every placeholder replaced.

    Raises:
        KeyError: a placeholder is neither bound nor a shape.
    """
    if isinstance(value, dict):
        return {key: filled(inner, bound) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, bound) for inner in value]
    if not isinstance(value, str):
        return value
    whole = PLACEHOLDER.fullmatch(value)
    if whole:
        return bound[whole[1]] if whole[1] in bound else SHAPES[whole[1]][1]
    return value


def differences(wanted: JSON, came: JSON, bound: Mapping[str, JSON], at: str = "") -> Iterator[str]:
    """Yield where something lacks what a case says of it."""
    whole = PLACEHOLDER.fullmatch(wanted) if isinstance(wanted, str) else None
    if whole and whole[1] not in bound:
        if not SHAPES[whole[1]][0](came):
            yield f"{at or '.'}: {came!r} is no {whole[1]}"
    elif isinstance(wanted, dict) and isinstance(came, dict):
        for key, inner in wanted.items():
            if key in came:
                yield from differences(inner, came[key], bound, f"{at}.{key}")
            else:
                yield f"{at}.{key}: missing"
    elif isinstance(wanted, list) and isinstance(came, list) and len(wanted) == len(came):
        for number, (inner, other) in enumerate(zip(wanted, came, strict=True)):
            yield from differences(inner, other, bound, f"{at}[{number}]")
    elif filled(wanted, bound) != came:
        yield f"{at or '.'}: {came!r}, not {filled(wanted, bound)!r}"
