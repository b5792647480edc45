"""Documents are made ready once; those that are too large or wrong are refused, quickly and in words."""

import time

import pytest
from graphql import OperationType, get_introspection_query

from services.gateway.documents import (
    KEPT_CHARACTERS_MAX,
    KEPT_MAX,
    PARSE_FAILED,
    VALIDATION_FAILED,
    Document,
    Documents,
    Refused,
)
from services.gateway.schema import schema

SEND = 'mutation Send($room: String!) { CreateMessage(roomId: $room, content: "x") { id } }'


@pytest.fixture
def documents():
    return Documents(schema)


def fragments(count, spreads):
    """Return fragments that each spread the next one `spreads` times."""
    chain = " ".join(
        f"fragment f{number} on RootQuery {{ {f'...f{number + 1} ' * spreads} }}" for number in range(count)
    )
    return f"query {{ ...f0 }} {chain} fragment f{count} on RootQuery {{ __typename }}"


def test_the_same_text_is_made_ready_once(documents):
    assert documents.ready(SEND) is documents.ready(SEND)


def test_no_more_documents_are_kept_than_there_is_room_for(documents):
    first = documents.ready(SEND)
    for number in range(KEPT_MAX):
        documents.ready(f"{{ a{number}: __typename }}")

    assert documents.ready(SEND) is not first


def test_long_texts_are_not_kept(documents):
    """A few hundred of the longest would be more memory than all we have to do takes."""
    long = SEND + " " * KEPT_CHARACTERS_MAX

    assert documents.ready(long) is not documents.ready(long)


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        (SEND, None, OperationType.MUTATION),
        (SEND, "Send", OperationType.MUTATION),
        (SEND, "Other", None),
        ("query A { __typename } query B { __typename }", None, None),
        ("query A { __typename } query B { __typename }", "B", OperationType.QUERY),
        ("fragment f on Token { access }", None, None),
    ],
)
def test_the_operation_is_the_one_that_is_named_or_the_only_one(documents, text, name, expected):
    ready = documents.ready(text)
    kind = ready.operation(name) if isinstance(ready, Document) else None

    assert kind == expected


@pytest.mark.parametrize(
    "text",
    ["", "{", "{ a(x: ) }", '{ ReadProfile(id: "\ud800") { id } }', "{a" * 400 + "}" * 400, "{" + "a " * 2_000 + "}"],
    ids=["empty", "unfinished", "no value", "half a surrogate pair", "too deep", "too many tokens"],
)
def test_what_does_not_parse_says_so(documents, text):
    ready = documents.ready(text)

    assert isinstance(ready, Refused)
    assert ready.code == PARSE_FAILED


@pytest.mark.parametrize(
    "text",
    [
        "{ Nothing }",
        "{ ReadProfile { id } }",
        '{ ReadProfile(id: "a") { id ...missing } }',
        "query { ...a } fragment a on RootQuery { ...a }",
        'mutation { CreateRoom(name: "a", type: crowd) { information { id } } }',
        '{ ReadProfile(id: "a") ' + "{ a " * 8 + "}" * 8 + "}",
        "mutation {"
        + " ".join(f'a{n}: SignIn(email: "", password: "", clientId: "") {{ __typename }}' for n in range(21))
        + "}",
    ],
    ids=["unknown field", "missing argument", "missing fragment", "circle", "unknown value", "too deep", "too many"],
)
def test_what_is_not_valid_says_so(documents, text):
    ready = documents.ready(text)

    assert isinstance(ready, Refused)
    assert ready.code == VALIDATION_FAILED


@pytest.mark.parametrize(("count", "spreads"), [(60, 2), (30, 4), (14, 2)])
def test_fragments_that_multiply_are_refused_before_anybody_follows_them(documents, count, spreads):
    """Written out, the first of these has 2 to the 60th fields."""
    began = time.monotonic()
    ready = documents.ready(fragments(count, spreads))

    assert isinstance(ready, Refused)
    assert ready.code == VALIDATION_FAILED
    assert time.monotonic() - began < 2


def test_fragments_that_do_not_multiply_are_fine(documents):
    assert isinstance(documents.ready(fragments(40, 1)), Document)


def test_introspection_is_welcome(documents):
    assert isinstance(documents.ready(get_introspection_query()), Document)
