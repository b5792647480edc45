"""Who is let in: the token's two places, its two schemes, and origins."""

import pytest

from services.problems import Code, Problem
from services.realtime import handshake


@pytest.mark.parametrize(
    ("query", "authorizations"),
    [
        ("token=SuperDuperUser%20abc.def", []),
        ("token=SuperDuperUser+abc.def", []),
        ("token=Bearer%20abc.def&v=2", []),
        ("token=bearer%20abc.def", []),
        ("", ["SuperDuperUser abc.def"]),
        ("v=2", ["Bearer  abc.def "]),
    ],
)
def test_the_token_comes_in_the_url_or_the_header(query: str, authorizations: list[str]):
    assert handshake.access_token(query, authorizations) == "abc.def"


@pytest.mark.parametrize(
    ("query", "authorizations"),
    [
        ("", []),
        ("token=", []),
        ("token=abc.def", []),
        ("token=Basic%20abc.def", []),
        ("token=SuperDuperUser", []),
        ("token=SuperDuperUser%20", []),
        ("token=Bearer%20a&token=Bearer%20b", []),
        ("token=Bearer%20a", ["Bearer b"]),
        ("Token=Bearer%20a", []),
        ("", ["Bearer a", "Bearer b"]),
    ],
)
def test_without_exactly_one_token_nobody_is_let_in(query: str, authorizations: list[str]):
    with pytest.raises(Problem) as caught:
        handshake.access_token(query, authorizations)

    assert caught.value.code is Code.UNAUTHENTICATED
    assert handshake.HOW in caught.value.message


@pytest.mark.parametrize(
    ("setting", "origins", "expected"),
    [
        ("*", ["https://anywhere.example"], True),
        ("http://localhost:4000, https://chat.example", ["https://chat.example"], True),
        ("http://localhost:4000", ["https://evil.example"], False),
        ("http://localhost:4000", ["http://localhost:40000"], False),
        ("http://localhost:4000", ["null"], False),
        ("http://localhost:4000", ["http://localhost:4000", "https://evil.example"], False),
        ("http://localhost:4000", [], True),
        ("", ["http://localhost:4000"], False),
        ("", [], True),
    ],
)
def test_a_browser_is_let_in_from_accepted_origins_only(setting: str, origins: list[str], expected: bool):
    """The original's empty ACCEPTED_ORIGIN refused everybody; without Origin, a client is no browser."""
    assert handshake.origin_is_accepted(handshake.accepted_origins(setting), origins) == expected
