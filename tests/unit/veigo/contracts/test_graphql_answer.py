"""GraphQL answers, held against schema and document: an honest one passes, a saboteur's does not."""

import pytest
from graphql import build_schema, parse

from veigo.contracts import graphql_answer
from veigo.contracts.graphql_recorder import document_of
from veigo.contracts.rpc_reply import BrokenContract

SCHEMA = build_schema("""
    enum Kind { direct group }
    input Page { cursor: String size: Int }
    type Room { id: String! kind: Kind size: Int names: [String] }
    type Query { Rooms(page: Page, id: String!): [Room] }""")
DOCUMENT = document_of(SCHEMA, "Rooms", {"page": {"size": 1}, "id": "x"})
ROOM = {"id": "r", "kind": "group", "size": 1, "names": ["a"]}


def said(answer):
    return graphql_answer.said(SCHEMA, parse(DOCUMENT), answer)


def test_a_document_asks_for_everything_and_takes_what_is_given():
    assert "query ($page: Page, $id: String!) { Rooms(page: $page, id: $id) { id kind size names" in " ".join(
        DOCUMENT.split()
    )


def test_what_was_asked_is_noted():
    asked = set(graphql_answer.asked(SCHEMA, parse(DOCUMENT), {"page": {"size": 1}, "id": "x"}))

    assert {item for _, item in asked} == {"Rooms", "Rooms(page)", "Page.size", "Rooms(id)"}


def test_what_is_said_is_noted_but_for_nulls():
    items = {item for _, item in said({"data": {"Rooms": [ROOM | {"size": None}]}})}

    assert {"Room.id", "Room.kind", "Kind.group", "Room.names"} == items


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": None},
        {"data": {"Rooms": None}, "debug": "x"},
        {"data": {"Rooms": {}}},
        {"data": {"Rooms": [ROOM | {"more": 1}]}},
        {"data": {"Rooms": [{"id": "r"}]}},
        {"data": {"Rooms": [ROOM | {"id": None}]}},
        {"data": {"Rooms": [ROOM | {"size": 2**31}]}},
        {"data": {"Rooms": [ROOM | {"size": True}]}},
        {"data": {"Rooms": [ROOM | {"kind": "broadcast"}]}},
        {"data": {"Rooms": [ROOM | {"names": "a"}]}},
        {"errors": []},
        {"errors": [{"message": "No."}]},
        {"errors": [{"message": "No.", "extensions": {"code": "INTERNAL"}}]},
        {"errors": [{"message": "Traceback (most recent call last)", "extensions": {"code": "NOT_FOUND"}}]},
        {"errors": [{"message": "No.", "extensions": {"code": "NOT_FOUND", "stack": []}}]},
    ],
    ids=str,
)
def test_what_the_schema_does_not_allow_breaks_the_contract(answer):
    with pytest.raises(BrokenContract):
        said(answer)
