"""docs/contracts.md is what the contracts are."""

import json
import re
from pathlib import Path

import pytest
from graphql import build_schema
from jsonschema import Draft202012Validator

from stack.table import EDGES
from stack.tools import toolchain
from veigo.contracts import page, samples
from veigo.contracts.comparison import Programs
from veigo.contracts.contracts import frames_of, of_tree
from veigo.contracts.parties import Parties
from veigo.contracts.proto_files import compiled

ROOT = Path(__file__).parents[1]
COMMITTED = (ROOT / page.PAGE).read_text(encoding="utf-8")
HEADINGS = set(re.findall(r"^### (.*)$", COMMITTED, re.MULTILINE))


@pytest.fixture(scope="module")
def programs():
    return Programs(buf=toolchain().path("buf") / "buf", opa=toolchain().path("opa") / "opa")


@pytest.fixture(scope="module")
def contracts():
    return of_tree(ROOT)


def test_the_page_is_current(contracts, programs):
    """Else run `veigo contracts page` and look at what changed."""
    assert COMMITTED == page.page(contracts, ROOT, Parties(EDGES, ROOT), programs)


def test_nothing_that_is_promised_is_missing(contracts, programs):
    schema = build_schema(contracts.graphql)
    roots = {"query": schema.query_type, "mutation": schema.mutation_type, "subscription": schema.subscription_type}
    operations = {f"{kind} {name}" for kind, root in roots.items() for name in root.fields}
    rpcs = {name.removeprefix("veigo.") for name in compiled(programs.buf, contracts.protos).rpcs}

    assert {*operations, *rpcs, *frames_of(contracts.frames), *contracts.records, *contracts.policies} == HEADINGS


def test_every_part_has_an_example():
    parts = re.split(r"^### ", COMMITTED, flags=re.MULTILINE)[1:]

    assert ["veigo.dead_letters"] == [part.split("\n")[0] for part in parts if "```" not in part]


def test_the_examples_of_records_fit_their_schemas(contracts):
    for record in contracts.records.values():
        for schema in (record["key"], record["value"], *record.get("payloads", {}).values()):
            assert [] == list(Draft202012Validator(schema).iter_errors(samples.of_schema(schema)))


def test_the_examples_of_messages_are_messages(contracts, programs):
    """Protobuf's own reader takes each."""
    from google.protobuf import json_format

    from protos.veigo.aggregator.v1 import aggregator_pb2
    from protos.veigo.authentication.v1 import authentication_pb2
    from protos.veigo.chat.v1 import chat_pb2

    modules = {"aggregator": aggregator_pb2, "authentication": authentication_pb2, "chat": chat_pb2}
    protos = compiled(programs.buf, contracts.protos)
    for rpc in protos.rpcs.values():
        for name in (rpc.request, rpc.response):
            kind = getattr(modules[name.split(".")[1]], name.rpartition(".")[2])
            json_format.Parse(json.dumps(samples.of_message(protos, name)), kind())
