"""An answer is data, a refusal with its code, or no GraphQL at all."""

import json

import msgspec
import pytest

from veigo.client.graphql import Unintelligible, data_of
from veigo.outcome import Refused


class Data(msgspec.Struct):
    answer: int


def body(**reply: object) -> bytes:
    return json.dumps(reply).encode()


def test_data_is_decoded_into_its_shape():
    assert data_of(200, body(data={"answer": 42}), Data) == Data(42)


def test_an_error_with_a_code_is_a_refusal_even_beside_partial_data():
    reply = body(data={"answer": None}, errors=[{"message": "not yours", "extensions": {"code": "FORBIDDEN"}}])

    with pytest.raises(Refused, match="not yours") as refused:
        data_of(200, reply, Data)

    assert refused.value.code == "FORBIDDEN"


def test_an_error_without_a_code_is_of_unknown_code():
    with pytest.raises(Refused) as refused:
        data_of(200, body(data=None, errors=[{"message": "syntax error"}]), Data)

    assert refused.value.code == "UNKNOWN"


@pytest.mark.parametrize(
    "reply", [b"", b"<html>502 Bad Gateway</html>", b"[]", body(data=None), body(data={"answer": "x"})]
)
def test_anything_else_is_unintelligible(reply):
    with pytest.raises(Unintelligible, match="HTTP 502"):
        data_of(502, reply, Data)
