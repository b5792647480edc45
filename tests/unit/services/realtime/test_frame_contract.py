"""The published contract is the code's: every frame it can write is in it, and fits."""

import ast
import inspect
import json

import pytest
from jsonschema import Draft202012Validator

from services.problems import Code
from services.realtime import event_frames, frame_contract, frames

DOCUMENT = frame_contract.document()
MESSAGES = DOCUMENT["components"]["messages"]
EXAMPLES = [(name, example["payload"]) for name, message in MESSAGES.items() for example in message["examples"]]


def resolve(reference):
    found = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from references(each)


def written_types(module):
    """Return the frame types that a module's code names, whatever it says of them."""
    constants = (
        node.value for node in ast.walk(ast.parse(inspect.getsource(module))) if isinstance(node, ast.Constant)
    )
    return {text for text in constants if isinstance(text, str) and text.isupper() and text.replace("_", "").isalpha()}


def test_every_frame_type_in_the_code_is_in_the_contract():
    assert MESSAGES.keys() == written_types(frames) | written_types(event_frames)


@pytest.mark.parametrize(("name", "example"), EXAMPLES)
def test_what_the_code_writes_fits_the_contract(name, example):
    assert [] == list(Draft202012Validator(MESSAGES[name]["payload"]).iter_errors(example))


def test_what_clients_say_in_the_examples_is_understood():
    for name, example in EXAMPLES:
        if name in frames.RECEIVED:
            assert frames.read(json.dumps(example)).name == frame_contract.ROOM


@pytest.mark.parametrize("name", MESSAGES)
def test_every_frame_has_an_example_and_lacks_nothing_required(name):
    """Each required key is missed when it is left out, so the schemas do hold something."""
    validator = Draft202012Validator(MESSAGES[name]["payload"])
    example = MESSAGES[name]["examples"][0]["payload"]

    for key in MESSAGES[name]["payload"]["properties"]["payload"]["items"]["required"]:
        lacking = {inner: value for inner, value in example["payload"][0].items() if inner != key}
        assert not validator.is_valid(example | {"payload": [lacking]})


def test_what_is_left_out_when_it_is_none_is_never_null():
    traceparent = MESSAGES["MESSAGE"]["payload"]["properties"]["payload"]["items"]["properties"]["traceparent"]

    assert {"type": "string"} == traceparent


def test_an_error_has_one_of_the_codes():
    code = MESSAGES["ERROR"]["payload"]["properties"]["payload"]["items"]["properties"]["code"]

    assert sorted(Code) == code["enum"]


def test_the_document_is_whole():
    """Every reference leads somewhere, and the operations hold every message of the channel once."""
    assert all(map(resolve, references(DOCUMENT)))
    listed = [ref["$ref"] for operation in DOCUMENT["operations"].values() for ref in operation["messages"]]
    assert sorted(f"#/channels/socket/messages/{name}" for name in MESSAGES) == sorted(listed)
