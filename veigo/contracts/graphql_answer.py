"""A GraphQL answer, held against the schema and the document that asked for it. Pure, by graphql-core.

Whatever a document selects must be there with the type the schema gives it, and nothing else; an error must have a
sentence, a code, and the path of the operation that failed.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_named_type,
    is_object_type,
)

from veigo.contracts.rpc_reply import BrokenContract

CODES = (
    *("UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND", "INVALID_ARGUMENT", "ALREADY_EXISTS", "ABORTED"),
    *("RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "UNAVAILABLE", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"),
)
"""Every `extensions.code` there may be: INTERNAL is not among them."""

ANSWER_KEYS = {"data", "errors"}
ERROR_KEYS = {"message", "extensions", "locations", "path"}
Item = tuple[str, str]  # a kind and an item of `coverage`

OPERATION, ARGUMENT, FIELD, VALUE, CODE = (
    "GraphQL operation",
    "GraphQL argument",
    "GraphQL field",
    "GraphQL enum value",
    "extensions.code",
)


def promised(schema: GraphQLSchema) -> Iterator[Item]:
    """Yield all that a schema promises: operations, arguments, fields, enum values; and every code."""
    for root in filter(None, (schema.query_type, schema.mutation_type, schema.subscription_type)):
        for name, operation in root.fields.items():
            yield OPERATION, name
            for argument, is_ in operation.args.items():
                yield ARGUMENT, f"{name}({argument})"
                inner = get_named_type(is_.type)
                if isinstance(inner, GraphQLInputObjectType):
                    yield from ((ARGUMENT, f"{inner.name}.{field}") for field in inner.fields)
    roots = {schema.query_type, schema.mutation_type, schema.subscription_type}
    for kind in schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        if isinstance(kind, GraphQLObjectType) and kind not in roots:
            yield from ((FIELD, f"{kind.name}.{field}") for field in kind.fields)
        if isinstance(kind, GraphQLEnumType):
            yield from ((VALUE, f"{kind.name}.{value}") for value in kind.values)
    yield from ((CODE, code) for code in CODES)


def asked(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> Iterator[Item]:
    """Yield the operations and arguments of a document that gives them by variables, if they were given."""
    for operation in _operations(document):
        root = _root(schema, operation)
        for field in _fields(operation):
            if field.name.value.startswith("__"):
                continue
            yield OPERATION, field.name.value
            types = root.fields[field.name.value].args
            for argument in field.arguments or ():
                inner = get_named_type(types[argument.name.value].type)
                yield ARGUMENT, f"{field.name.value}({argument.name.value})"
                given = variables.get(argument.value.name.value) if hasattr(argument.value, "name") else None
                if isinstance(inner, GraphQLInputObjectType) and isinstance(given, Mapping):
                    yield from ((ARGUMENT, f"{inner.name}.{key}") for key in given)


def said(schema: GraphQLSchema, document: DocumentNode, answer: Mapping[str, Any]) -> list[Item]:
    """Return what an answer shows: fields that are not null, enum values, codes.

    Raises:
        BrokenContract: it is no answer to this document.
    """
    if not answer.keys() <= ANSWER_KEYS or not answer:
        raise BrokenContract(f"an answer has the keys {sorted(answer)}")
    items = list(_errors(answer.get("errors")))
    data = answer.get("data")
    if "errors" not in answer and data is None:
        raise BrokenContract("an answer has neither data nor errors")
    if data is not None:
        for operation in _operations(document):
            root = _root(schema, operation)
            shown = _object(root, _fields(operation), data, "data")
            items += [item for item in shown if not item[1].startswith(f"{root.name}.")]  # the operations themselves
    return items


def _errors(errors: object) -> Iterator[Item]:
    if errors is None:
        return
    if not isinstance(errors, list) or not errors:
        raise BrokenContract("`errors` is no list, or an empty one")
    for error in errors:
        if not error.keys() <= ERROR_KEYS or not isinstance(error.get("message"), str) or not error["message"]:
            raise BrokenContract(f"an error has the keys {sorted(error)}")
        extensions = error.get("extensions", {})
        if extensions.get("code") not in CODES or not extensions.keys() <= {"code", "field"}:
            raise BrokenContract(f"an error has the extensions {extensions}: {error['message']}")
        if "Traceback" in error["message"] or 'File "' in error["message"]:
            raise BrokenContract(f"an error shows our insides: {error['message']}")
        yield CODE, extensions["code"]


def _operations(document: DocumentNode) -> list[OperationDefinitionNode]:
    return [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]


def _root(schema: GraphQLSchema, operation: OperationDefinitionNode) -> GraphQLObjectType:
    roots = {
        OperationType.QUERY: schema.query_type,
        OperationType.MUTATION: schema.mutation_type,
        OperationType.SUBSCRIPTION: schema.subscription_type,
    }
    root = roots[operation.operation]
    assert root is not None, f"the schema has no {operation.operation}"
    return root


def _fields(node: OperationDefinitionNode | FieldNode) -> list[FieldNode]:
    """Return what is selected; documents that are held against answers here use no fragments."""
    selections = node.selection_set.selections if node.selection_set else ()
    return [selection for selection in selections if isinstance(selection, FieldNode)]


def _object(kind: GraphQLObjectType, selected: Iterable[FieldNode], value: object, at: str) -> list[Item]:
    if not isinstance(value, dict):
        raise BrokenContract(f"{at} is no object")
    fields = {(field.alias or field.name).value: field for field in selected}
    if fields.keys() != value.keys():
        raise BrokenContract(f"{at} has the keys {sorted(value)}, not {sorted(fields)}")
    items = []
    for key, field in fields.items():
        name = field.name.value
        if name != "__typename":
            if value[key] is not None:
                items.append((FIELD, f"{kind.name}.{name}"))
            items += _value(kind.fields[name].type, field, value[key], f"{at}.{key}")
    return items


def _value(kind: object, field: FieldNode, value: object, at: str) -> list[Item]:
    if isinstance(kind, GraphQLNonNull):
        if value is None:
            raise BrokenContract(f"{at} is null")
        return _value(kind.of_type, field, value, at)
    if value is None:
        return []
    if isinstance(kind, GraphQLList):
        if not isinstance(value, list):
            raise BrokenContract(f"{at} is no list")
        return [
            item for number, one in enumerate(value) for item in _value(kind.of_type, field, one, f"{at}[{number}]")
        ]
    if is_object_type(kind):
        assert isinstance(kind, GraphQLObjectType), "as graphql-core just said"
        return _object(kind, _fields(field), value, at)
    if isinstance(kind, GraphQLEnumType):
        if value not in kind.values:
            raise BrokenContract(f"{at} is {value!r}, which {kind.name} does not have")
        return [(VALUE, f"{kind.name}.{value}")]
    assert isinstance(kind, GraphQLScalarType), "the schema has neither interfaces nor unions"
    _check_scalar(kind, value, at)
    return []


_SCALARS: Mapping[str, type] = {"String": str, "Boolean": bool, "Int": int, "ID": str}


def _check_scalar(kind: GraphQLScalarType, value: object, at: str) -> None:
    wanted = _SCALARS[kind.name]
    right = type(value) is wanted and (wanted is not int or -(2**31) <= value < 2**31)  # type: ignore[operator]
    if not right:
        raise BrokenContract(f"{at} is {value!r}, no {kind.name}")
