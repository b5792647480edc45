"""Cases as data: what stands for what, and when a reply is the one that a case speaks of."""

import pytest

from veigo.contracts.cases import differences, filled

BOUND = {"room": "r1"}


def test_placeholders_are_what_is_bound_or_an_example_of_their_shape():
    case = {"room": "<room>", "at": "<time>", "says": ["<text>", "as is"]}

    assert {"room": "r1", "at": "2026-01-31T09:30:00.000001Z", "says": ["some words", "as is"]} == filled(case, BOUND)


def test_a_placeholder_of_nothing_is_a_mistake():
    with pytest.raises(KeyError):
        filled({"room": "<rom>"}, BOUND)


def test_an_example_matches_its_own_case():
    case = {"a": "<uuid>", "b": "<time>", "c": "<token>", "d": "<text>", "e": "<number>", "f": "<any>", "g": "<room>"}

    assert [] == list(differences(case, filled(case, BOUND), BOUND))


def test_what_a_case_does_not_name_may_be_anything():
    assert [] == list(differences({"a": 1}, {"a": 1, "later": True}, BOUND))


@pytest.mark.parametrize(
    ("wanted", "came"),
    [
        ({"a": 1}, {}),
        ({"a": 1}, {"a": 2}),
        ({"a": "<room>"}, {"a": "r2"}),
        ({"a": "<uuid>"}, {"a": "r1"}),
        ({"a": "<number>"}, {"a": "one"}),
        ({"a": "<number>"}, {"a": True}),
        ({"a": "<text>"}, {"a": ""}),
        ({"a": [1]}, {"a": [1, 2]}),
        ({"a": {"b": None}}, {"a": None}),
    ],
    ids=str,
)
def test_whatever_else_differs_is_told(wanted, came):
    assert list(differences(wanted, came, BOUND))
