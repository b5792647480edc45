"""Resolvers with nothing in between: strawberry declares the schema, and graphql-core runs it.

For every field strawberry wraps what the field is declared with: it makes an info of its own, converts the arguments
and asks for the value through three calls, which together took longer than graphql-core's execution. Where there is
nothing to convert (an attribute is read, or all arguments are scalars) the field gets a plain resolver instead; where
there is (input objects, enums, subscriptions) strawberry's stays.
"""

from collections.abc import Callable
from operator import attrgetter
from types import FunctionType

import strawberry
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, get_named_type, is_scalar_type
from strawberry.schema.name_converter import NameConverter
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField


def executable(schema: strawberry.Schema) -> GraphQLSchema:
    """Return graphql-core's schema within strawberry's, with plain resolvers wherever they will do."""
    core = schema._schema  # strawberry builds it and has no public name for it
    for kind in core.type_map.values():
        if isinstance(kind, GraphQLObjectType) and kind is not core.subscription_type:
            for field in kind.fields.values():
                declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
                if isinstance(declared, StrawberryField) and not declared.extensions:
                    _resolve_directly(field, declared, schema.config.name_converter)
    return core


def _resolve_directly(field: GraphQLField, declared: StrawberryField, names: NameConverter) -> None:
    resolver = declared.base_resolver
    if resolver is None:
        field.resolve = _attribute(declared.python_name)
    elif (
        isinstance(resolver.wrapped_func, FunctionType)
        and resolver.self_parameter is not None
        and resolver.info_parameter is not None
        and all(is_scalar_type(get_named_type(argument.type)) for argument in field.args.values())
    ):
        for argument in declared.arguments:
            field.args[names.from_argument(argument)].out_name = argument.python_name
        field.resolve = resolver.wrapped_func  # called as it is declared: source, info, arguments by their names


def _attribute(name: str) -> Callable[[object, object], object]:
    read = attrgetter(name)
    return lambda source, _info: read(source)
