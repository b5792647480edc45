"""Hypothesis strategies out of contracts: requests of any RPC, arguments of any operation, and what is neither.

A field gets what belongs there (ids that exist, in `known`), what is at the edge of its type, and what merely fits it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from graphql import GraphQLField
from hypothesis import strategies as st

LIST_MAX = 6
UNKNOWN_ENUM_NUMBERS = (-1, 99, 2**31 - 1, -(2**31))
EDGES_32 = (0, 1, -1, 100, 101, 2**31 - 1, -(2**31))
EDGES_64 = (*EDGES_32, 2**31, 2**53, 2**63 - 1, -(2**63))
ODD_TEXTS = (
    *("", " ", "\0", "a\0b", "null", "<script>", "' OR 1=1 --", "%s{0}${jndi:x}", "\u202e\u200b", "\ufeff"),
    *("x" * 100, "x" * 101, "x" * 1_001, "x" * 4_001, "👋" * 4_000, "é" * 201, "Ω\n\r\t\x01\x7f", "\U0010ffff\uffff"),
    *("AAAA", "====", "cm9vbXMKMQ", "aW5ib3gKeCB5", "bWVtYmVycwo5OTk5OTk5OTk5OTk5OTk5OTk"),  # cursors, nearly
    *("01989a4e-7c1b-7d3f-9c55-2f6d7a0e4b1", "{01989a4e-7c1b-7d3f-9c55-2f6d7a0e4b11}", "ffffffff" * 4),  # UUIDs, nearly
    *("a@b", "@", "bob@exämple.com", "a" * 64 + "@example.com", '"a b"@example.com', "bob@[127.0.0.1]"),
    *("e30.e30.", "eyJhbGciOiJub25lIn0.e30.", "W10.e30.AAAA", "Password@123"),
)

Known = Mapping[str, Sequence[str]]


def texts(known: Sequence[str] = ()) -> st.SearchStrategy[str]:
    """Return text: what is known there, what is odd, and any."""
    any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
    choices = [st.sampled_from(ODD_TEXTS), any_text, st.uuids().map(str)]
    return st.one_of(*([st.sampled_from(list(known))] * 3 if known else []), *choices)


def requests(kind: Descriptor, known: Known) -> st.SearchStrategy[Message]:
    """Return requests of a type; `known` has texts by the name of the field they fit."""
    make = GetMessageClass(kind)
    fields = {field.name: _field(field, known) for field in kind.fields}
    whole = st.just(sorted(fields))
    some = st.lists(st.sampled_from(sorted(fields)), unique=True) if fields else whole

    def filled(names: list[str]) -> st.SearchStrategy[Message]:
        return st.fixed_dictionaries({name: fields[name] for name in names}).map(lambda values: make(**values))

    return st.one_of(whole, whole, some).flatmap(filled)


def _field(field: FieldDescriptor, known: Known) -> st.SearchStrategy[Any]:
    one = _one(field, known)
    return st.lists(one, max_size=LIST_MAX) if field.is_repeated else one


def _one(field: FieldDescriptor, known: Known) -> st.SearchStrategy[Any]:
    if field.enum_type is not None:
        return st.sampled_from([*field.enum_type.values_by_number, *UNKNOWN_ENUM_NUMBERS])
    if field.message_type is not None and field.message_type.full_name == FieldMask.DESCRIPTOR.full_name:
        assert field.containing_type is not None, "no contract uses extensions"
        siblings = [sibling.name for sibling in field.containing_type.fields]
        return st.lists(st.sampled_from(siblings) | texts(), max_size=LIST_MAX).map(
            lambda paths: FieldMask(paths=paths)
        )
    if field.message_type is not None:
        return requests(field.message_type, known)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return texts(known.get(field.name, ()))
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if field.cpp_type == FieldDescriptor.CPPTYPE_INT32:
        return st.sampled_from(EDGES_32) | st.integers(-(2**31), 2**31 - 1)
    assert field.cpp_type == FieldDescriptor.CPPTYPE_INT64, f"no strategy for the type of {field.full_name} yet"
    return st.sampled_from(EDGES_64) | st.integers(-(2**63), 2**63 - 1)


def json_values() -> st.SearchStrategy[Any]:
    """Return any JSON, surrogates and numbers beyond every type included."""
    odd_text = st.text(max_size=20) | st.sampled_from(ODD_TEXTS) | st.just("\ud800")
    leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | odd_text
    return st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_text, inner, max_size=3), max_leaves=8
    )


def arguments(field: GraphQLField, known: Known) -> st.SearchStrategy[dict[str, Any]]:
    """Return arguments of an operation, as variables: some of a fitting value, others not; required ones may lack."""
    fitting = {name: st.sampled_from(list(known[name])) for name in field.args if known.get(name)}
    each = {name: st.one_of(fitting[name], json_values()) if name in fitting else json_values() for name in field.args}
    return st.fixed_dictionaries({}, optional=each)
