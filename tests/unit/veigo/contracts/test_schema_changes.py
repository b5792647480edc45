"""One difference between two schemas at a time: what it means for readers, and for writers."""

import pytest

from veigo.contracts.change import ORDER, Severity
from veigo.contracts.schema_changes import Use, schema_changes

BREAKING, DANGEROUS, SAFE = Severity
TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def thing(required=("id",), **properties):
    return {"type": "object", "required": list(required), "properties": {"id": TEXT, **properties}}


CASES = {
    "a key is new": (thing(), thing(a=TEXT), SAFE, SAFE),
    "a required key is new": (thing(), thing(("id", "a"), a=TEXT), SAFE, BREAKING),
    "a key is gone": (thing(a=TEXT), thing(), BREAKING, BREAKING),
    "a key may be left out": (thing(("id", "a"), a=TEXT), thing(a=TEXT), BREAKING, SAFE),
    "a key is required": (thing(a=TEXT), thing(("id", "a"), a=TEXT), SAFE, BREAKING),
    "a key that is not described is required": (thing(), thing(("id", "x")), SAFE, BREAKING),
    "another type": (thing(a=TEXT), thing(a=NUMBER), BREAKING, BREAKING),
    "null as well": (thing(a=TEXT), thing(a={"type": ["string", "null"]}), BREAKING, SAFE),
    "null as well, by anyOf": (thing(a=TEXT), thing(a={"anyOf": [TEXT, {"type": "null"}]}), BREAKING, SAFE),
    "never null": (thing(a={"anyOf": [TEXT, {"type": "null"}]}), thing(a=TEXT), SAFE, BREAKING),
    "broken numbers as well": (thing(a=NUMBER), thing(a={"type": "number"}), BREAKING, SAFE),
    "whole numbers only": (thing(a={"type": "number"}), thing(a=NUMBER), SAFE, BREAKING),
    "a value is new": (thing(a={"enum": ["x"]}), thing(a={"enum": ["x", "y"]}), DANGEROUS, SAFE),
    "a value is gone": (thing(a={"enum": ["x", "y"]}), thing(a={"enum": ["x"]}), BREAKING, BREAKING),
    "values are listed": (thing(a=TEXT), thing(a=TEXT | {"enum": ["x"]}), SAFE, BREAKING),
    "values are no longer listed": (thing(a=TEXT | {"enum": ["x"]}), thing(a=TEXT), BREAKING, SAFE),
    "a constant is another": (thing(a={"const": "x"}), thing(a={"const": "y"}), BREAKING, BREAKING),
    "less at most": (thing(a=NUMBER | {"maximum": 9}), thing(a=NUMBER | {"maximum": 5}), SAFE, BREAKING),
    "more at most": (thing(a=NUMBER | {"maximum": 9}), thing(a=NUMBER | {"maximum": 12}), DANGEROUS, SAFE),
    "a least is new": (thing(a=NUMBER), thing(a=NUMBER | {"minimum": 1}), SAFE, BREAKING),
    "a least is gone": (thing(a=NUMBER | {"minimum": 1}), thing(a=NUMBER), DANGEROUS, SAFE),
    "a format is gone": (thing(a=TEXT | {"format": "uuid"}), thing(a=TEXT), BREAKING, BREAKING),
    "a format is new": (thing(a=TEXT), thing(a=TEXT | {"format": "uuid"}), SAFE, BREAKING),
    "what nobody has judged": (thing(a=TEXT), thing(a=TEXT | {"pattern": "x"}), BREAKING, BREAKING),
    "alternatives that nobody has judged": (
        thing(a={"anyOf": [TEXT, NUMBER]}),
        thing(a={"anyOf": [TEXT, thing()]}),
        BREAKING,
        BREAKING,
    ),
    "in a list": (
        {"type": "array", "items": thing(a=TEXT)},
        {"type": "array", "items": thing(a=NUMBER)},
        BREAKING,
        BREAKING,
    ),
    "behind a reference": (
        thing(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": TEXT}},
        thing(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": NUMBER}},
        BREAKING,
        BREAKING,
    ),
    "anything instead": (thing(a=TEXT), thing(a={}), BREAKING, SAFE),
    "instead of anything": (thing(a={}), thing(a=TEXT), SAFE, BREAKING),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("use", Use)
def test_a_difference_means_what_it_does_to_the_others(name, use):
    old, new, for_readers, for_writers = CASES[name]
    expected = for_readers if use is Use.READ else for_writers

    assert expected == min((severity for severity, _, _ in schema_changes(old, new, use)), key=ORDER.index)


@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize("name", CASES)
def test_a_schema_has_not_changed_from_itself(name, use):
    for schema in CASES[name][:2]:
        assert [] == list(schema_changes(schema, schema, use))


def test_words_are_no_change():
    assert [] == list(schema_changes(TEXT, TEXT | {"title": "a", "description": "b"}, Use.READ))


def test_where_it_is_is_said():
    old, new = thing(a=thing(b=TEXT)), thing(a=thing(b=NUMBER))

    [(_, where, what)] = schema_changes(old, new, Use.READ)

    assert ("a.b", "was string and is integer now") == (where, what)
