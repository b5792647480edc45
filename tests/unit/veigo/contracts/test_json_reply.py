"""JSON held against its schema: what it holds is told, what breaks the schema is not let by, what is new is."""

import pytest

from veigo.contracts import json_reply
from veigo.contracts.rpc_reply import BrokenContract

SCHEMA = {
    "type": "object",
    "required": ["op", "after"],
    "properties": {
        "op": {"enum": ["c"]},
        "after": {
            "anyOf": [
                {"type": "null"},
                {"type": "object", "properties": {"id": {"type": "string"}, "at": {"type": ["string", "null"]}}},
            ]
        },
    },
}


def test_every_field_that_a_schema_names_is_promised():
    assert ["value.op", "value.after", "value.after.id", "value.after.at"] == list(
        json_reply.fields_of(SCHEMA, "value")
    )


def test_what_is_there_is_told_but_for_nulls():
    value = {"op": "c", "after": {"id": "a", "at": None}, "later": 7}

    assert ["v.op", "v.after", "v.after.id", "v.later"] == json_reply.checked(SCHEMA, value, "v")


@pytest.mark.parametrize("value", [{}, {"op": "x", "after": None}, {"op": "c", "after": {"id": 7}}, [], None], ids=str)
def test_what_its_schema_does_not_allow_breaks_the_contract(value):
    with pytest.raises(BrokenContract):
        json_reply.checked(SCHEMA, value, "v")
