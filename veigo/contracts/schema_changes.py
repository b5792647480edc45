"""What changed between two JSON Schemas, seen from those who rely on them.

Whoever reads what the owner writes (`READ`) must not meet values that could not come before, nor miss what always came;
whoever writes what the owner reads (`WRITTEN`) must not be refused what was accepted before. Understood are the
keywords our contracts use; a difference in any other is told as breaking, because nobody has judged it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from veigo.contracts.change import Severity
from veigo.contracts.document import Json

Found = tuple[Severity, str, str]  # how bad, where below the schema, what

WORDS = {"title", "description", "$schema", "$defs", "examples"}
UNDERSTOOD = {"type", "enum", "const", "properties", "required", "items", "$ref"}
LOWER, UPPER = ("minimum", "minLength", "minItems"), ("maximum", "maxLength", "maxItems")


class Use(StrEnum):
    """What the others do with values of a schema."""

    READ = "read"
    WRITTEN = "written"


@dataclass(frozen=True)
class Shape:
    """A schema, with references and nullable alternatives written out.

    Attributes:
        types: JSON's names of what may come; empty for anything.
        values: the only values, when they are listed.
        more: every other keyword.
    """

    types: frozenset[str]
    values: tuple[object, ...] | None
    properties: Json
    required: frozenset[str]
    items: Json | None
    more: Json


def schema_changes(old: Json, new: Json, use: Use) -> Iterator[Found]:
    """Tell what changed from one schema to another."""
    yield from _compared(_Pair(old, old, new, new), "", use)


@dataclass(frozen=True)
class _Pair:
    """A part of the old schema and of the new one, with the whole schemas that references lead into."""

    old: Json
    old_root: Json
    new: Json
    new_root: Json

    def below(self, old: Json, new: Json) -> "_Pair":
        return _Pair(old, self.old_root, new, self.new_root)


def _compared(pair: _Pair, at: str, use: Use) -> Iterator[Found]:
    old, new = shape(pair.old, pair.old_root), shape(pair.new, pair.new_root)
    yield from _types(old, new, at, use)
    yield from _values(old, new, at, use)
    yield from _properties(old, new, at, use)
    for name in old.properties.keys() & new.properties.keys():
        yield from _compared(pair.below(old.properties[name], new.properties[name]), _join(at, name), use)
    if old.items is not None and new.items is not None:
        yield from _compared(pair.below(old.items, new.items), at, use)
    yield from _bounds(old, new, at, use)


def shape(schema: Json, root: Json) -> Shape:
    """Write out a schema's references and its `anyOf` of null and one other."""
    schema = _resolved(schema, root)
    nullable = False
    if "anyOf" in schema:
        others = [each for each in schema["anyOf"] if each != {"type": "null"}]
        if len(others) == 1:
            nullable, schema = len(schema["anyOf"]) > 1, _resolved(others[0], root)
    types = schema.get("type", [])
    names = frozenset([types] if isinstance(types, str) else types)
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return Shape(
        types=names | {"null"} if nullable and names else names,
        values=None if values is None else tuple(values),
        properties=schema.get("properties", {}),
        required=frozenset(schema.get("required", ())),
        items=schema.get("items"),
        more={key: value for key, value in schema.items() if key not in WORDS | UNDERSTOOD},
    )


def _resolved(schema: Json, root: Json) -> Json:
    while "$ref" in schema:
        found: Any = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        schema = found
    return schema


def _types(old: Shape, new: Shape, at: str, use: Use) -> Iterator[Found]:
    if old.types == new.types:
        return
    before, after = _named(old.types), _named(new.types)
    gained, lost = _all(new.types) - _all(old.types), _all(old.types) - _all(new.types)
    if not old.types or not new.types:  # from anything, or to anything
        harmless = not new.types if use is Use.WRITTEN else not old.types
        yield (Severity.SAFE if harmless else Severity.BREAKING), at, f"was {before} and is {after} now"
    elif gained and lost:
        yield Severity.BREAKING, at, f"was {before} and is {after} now"
    elif gained:
        severity = Severity.BREAKING if use is Use.READ else Severity.SAFE
        yield severity, at, f"may be {_named(gained)} as well"
    else:
        severity = Severity.SAFE if use is Use.READ else Severity.BREAKING
        yield severity, at, f"may not be {_named(lost)} any more"


def _all(types: frozenset[str]) -> frozenset[str]:
    return types | {"integer"} if "number" in types else types


def _values(old: Shape, new: Shape, at: str, use: Use) -> Iterator[Found]:
    if old.values == new.values:
        return
    if old.values is None or new.values is None:
        narrower = old.values is None
        verb = "is one of" if narrower else "is no longer one of"
        listed = ", ".join(map(str, (new.values or old.values or ())))
        severity = Severity.SAFE if narrower is (use is Use.READ) else Severity.BREAKING
        yield severity, at, f"{verb} {listed}"
        return
    gone = [value for value in old.values if value not in new.values]
    come = [value for value in new.values if value not in old.values]
    if gone:
        verb = "is never" if use is Use.READ else "may not be"
        yield Severity.BREAKING, at, f"{verb} {', '.join(map(str, gone))} any more"
    if come:
        severity = Severity.DANGEROUS if use is Use.READ else Severity.SAFE
        yield severity, at, f"may be {', '.join(map(str, come))} as well"


def _properties(old: Shape, new: Shape, at: str, use: Use) -> Iterator[Found]:
    for name in sorted(old.properties.keys() - new.properties.keys()):
        what = "is gone" if use is Use.READ else "is no longer understood"
        yield Severity.BREAKING, _join(at, name), what
    for name in sorted(new.properties.keys() - old.properties.keys()):
        must = use is Use.WRITTEN and name in new.required
        yield (
            (Severity.BREAKING if must else Severity.SAFE),
            _join(at, name),
            "is new" + (" and required" if must else ""),
        )
    moved = old.properties.keys() ^ new.properties.keys()
    for name in sorted((old.required ^ new.required) - moved):
        yield _requirement(_join(at, name), use, required=name in new.required)


def _requirement(at: str, use: Use, *, required: bool) -> Found:
    if not required:
        return (Severity.SAFE if use is Use.WRITTEN else Severity.BREAKING), at, "may be left out now"
    if use is Use.WRITTEN:
        return Severity.BREAKING, at, "is required now"
    return Severity.SAFE, at, "is always there now"


def _bounds(old: Shape, new: Shape, at: str, use: Use) -> Iterator[Found]:
    for keyword in sorted(old.more.keys() | new.more.keys()):
        before, after = old.more.get(keyword), new.more.get(keyword)
        if before == after:
            continue
        what = f"has {keyword} {after} where it had {before}" if after is not None else f"has no {keyword} any more"
        if keyword in LOWER + UPPER:
            wider = _wider(keyword, before, after)
            harmless = wider is (use is Use.WRITTEN)
            worse = Severity.BREAKING if use is Use.WRITTEN else Severity.DANGEROUS
            yield (Severity.SAFE if harmless else worse), at, what
        elif keyword == "format" and before is None and use is Use.READ:
            yield Severity.SAFE, at, what
        else:
            yield Severity.BREAKING, at, what


def _wider(keyword: str, before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return after is None
    return after < before if keyword in LOWER else after > before


def _named(types: frozenset[str]) -> str:
    return " or ".join(sorted(types)) if types else "anything"


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
