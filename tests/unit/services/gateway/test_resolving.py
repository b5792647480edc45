"""Fields are resolved without strawberry in between wherever there is nothing for it to convert."""

import inspect

import pytest
from graphql import GraphQLObjectType, get_named_type, is_scalar_type

from services.gateway import resolving
from services.gateway.schema import schema

CORE = resolving.executable(schema)
ROOTS = (CORE.query_type, CORE.mutation_type)
FIELDS = [(root, name) for root in ROOTS for name in root.fields]


def has_only_scalars(field):
    return all(is_scalar_type(get_named_type(argument.type)) for argument in field.args.values())


@pytest.mark.parametrize(("root", "name"), [each for each in FIELDS if has_only_scalars(each[0].fields[each[1]])])
def test_a_resolver_is_called_as_it_is_declared(root, name):
    field = root.fields[name]

    _, info, *names = inspect.signature(field.resolve).parameters
    assert info == "info"
    assert sorted(names) == sorted(argument.out_name for argument in field.args.values())


@pytest.mark.parametrize(("root", "name"), [each for each in FIELDS if not has_only_scalars(each[0].fields[each[1]])])
def test_what_is_to_be_converted_is_left_to_strawberry(root, name):
    assert "GraphQLCoreConverter" in root.fields[name].resolve.__qualname__


def test_attributes_are_read_by_their_own_names():
    """The client says `createdAt`, and the object has `created_at`."""

    class Given:
        created_at = "2026-11-25T12:00:00.000000Z"

    message = CORE.type_map["Message"]
    assert isinstance(message, GraphQLObjectType)

    assert message.fields["createdAt"].resolve(Given(), None) == Given.created_at


def test_making_a_schema_executable_again_changes_nothing():
    before = [root.fields[name].resolve for root, name in FIELDS]

    resolving.executable(schema)

    assert [root.fields[name].resolve for root, name in FIELDS] == before


def test_there_are_fields_of_both_kinds():
    assert {has_only_scalars(root.fields[name]) for root, name in FIELDS} == {True, False}
