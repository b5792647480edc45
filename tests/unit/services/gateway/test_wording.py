"""Every error a client sees has a code and a sentence; nothing unforeseen tells about our insides."""

import pytest
from graphql import GraphQLError

from services.gateway import wording
from services.problems import Code, Problem


@pytest.mark.parametrize("code", list(Code))
def test_a_problem_keeps_its_code_its_words_and_its_field(code):
    error = GraphQLError("outer", path=["CreateMessage"], original_error=Problem(code, "Do this.", "content"))

    assert wording.formatted_from_run(error) == {
        "message": "Do this.",
        "extensions": {"code": code.value, "field": "content"},
        "path": ["CreateMessage"],
    }


def test_a_problem_without_a_field_names_none():
    error = GraphQLError("outer", original_error=Problem(Code.FORBIDDEN, "Not yours."))

    assert wording.formatted_from_run(error)["extensions"] == {"code": "FORBIDDEN"}


def test_what_nobody_foresaw_is_masked():
    error = GraphQLError("secret", original_error=ValueError("secret"))
    formatted = wording.formatted_from_run(error)

    assert formatted["extensions"] == {"code": "INTERNAL"}
    assert "secret" not in repr(formatted)


def test_an_error_within_an_error_is_still_found():
    inner = GraphQLError("inner", original_error=Problem(Code.NOT_FOUND, "There is none."))

    assert wording.formatted_from_run(GraphQLError("outer", original_error=inner))["message"] == "There is none."


def test_values_that_do_not_fit_are_the_clients_to_change():
    error = GraphQLError("Variable '$a' has invalid value")

    assert wording.formatted_from_run(error)["extensions"] == {"code": "INVALID_ARGUMENT"}


def test_what_is_quoted_can_be_sent_whatever_it_was():
    formatted = wording.formatted(GraphQLError("got \ud800"), "GRAPHQL_PARSE_FAILED")

    assert formatted["message"].encode() == b"got ?"


def test_what_is_quoted_is_not_endless():
    formatted = wording.formatted(GraphQLError("x" * 1_000_000), "GRAPHQL_PARSE_FAILED")

    assert len(formatted["message"]) == wording.MESSAGE_CHARACTERS_MAX + 1
