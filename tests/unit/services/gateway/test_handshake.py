"""What the gateway decides about a WebSocket's handshake: where there is one, and who is said to ask."""

import json
from http import HTTPStatus

import pytest

from services.gateway.handshake import forwarded_head, origin_is_accepted, refusal, refusal_of
from services.problems import Code, Problem


@pytest.mark.parametrize("path", ["/", "", "/anything", "/graphql/x", "/gql2"])
def test_any_path_is_realtimes(path):
    assert refusal_of(path) is None


@pytest.mark.parametrize("path", ["/graphql", "/gql", "/gql/", "/g%71l"])
def test_but_where_graphql_is_served(path):
    problem = refusal_of(path)

    assert problem is not None
    assert problem.code is Code.NOT_FOUND


def test_the_head_is_forwarded_as_it_came():
    headers = [(b"host", b"a"), (b"origin", b"http://b"), (b"cookie", b"c=1"), (b"cookie", b"d=2")]

    assert forwarded_head("GET", b"/?token=a%20b", headers, None) == (
        b"GET /?token=a%20b HTTP/1.1\r\nhost: a\r\norigin: http://b\r\ncookie: c=1\r\ncookie: d=2\r\n\r\n"
    )


def test_the_clients_address_is_added_to_those_it_names():
    headers = [(b"X-Forwarded-For", b"192.0.2.1, 192.0.2.2"), (b"host", b"a"), (b"x-forwarded-for", b"192.0.2.3")]

    assert forwarded_head("GET", b"/", headers, "198.51.100.9") == (
        b"GET / HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 192.0.2.1, 192.0.2.2, 192.0.2.3, 198.51.100.9\r\n\r\n"
    )


def test_a_refusal_is_a_whole_response_with_a_worded_body():
    response = refusal(HTTPStatus.SERVICE_UNAVAILABLE, Problem(Code.UNAVAILABLE, "Try again."))
    head, _, body = response.partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert b"connection: close" in head
    assert json.loads(body) == {"errors": [{"message": "Try again.", "extensions": {"code": "UNAVAILABLE"}}]}


@pytest.mark.parametrize(
    ("accepted", "origins", "expected"),
    [
        (["*"], ["http://anywhere"], True),
        (["http://a"], [], True),
        (["http://a"], ["http://a"], True),
        (["http://a"], ["http://b"], False),
        (["http://a"], ["http://a", "http://a"], False),
        ([], ["http://a"], False),
    ],
)
def test_whose_pages_may_open_a_websocket_of_ours(accepted, origins, expected):
    """Whoever sends no Origin is not a browser."""
    headers = [(b"host", b"x"), *((b"Origin", origin.encode()) for origin in origins)]

    assert expected == origin_is_accepted(accepted, headers)
