"""What changed in the GraphQL schema: graphql-core's own finders of what breaks and what is dangerous, and additions.

A subscription is a field of the schema like any other, so what is true of queries holds for it.
"""

from collections.abc import Iterator

from graphql import GraphQLSchema, build_schema
from graphql.error import GraphQLError
from graphql.utilities import BreakingChangeType, find_breaking_changes, find_dangerous_changes

from veigo.contracts.change import Change, Severity
from veigo.contracts.parties import CLIENTS
from veigo.stack.problem import StackError

OWNER = "gateway"
ADVICE = {
    BreakingChangeType.TYPE_REMOVED: "Keep the type, and mark its fields @deprecated first",
    BreakingChangeType.FIELD_REMOVED: "Keep the field, mark it @deprecated, and remove it when nobody asks for it",
    # What became nullable too: it breaks whoever counts on a value.
    BreakingChangeType.FIELD_CHANGED_KIND: "Add a field of the new type beside it, and deprecate this one",
    BreakingChangeType.VALUE_REMOVED_FROM_ENUM: "Keep the value, and mark it @deprecated",
    BreakingChangeType.REQUIRED_ARG_ADDED: "Make the argument optional, or give it a default",
    BreakingChangeType.REQUIRED_INPUT_FIELD_ADDED: "Make the field optional, or give it a default",
    BreakingChangeType.ARG_REMOVED: "Keep the argument, and mark it @deprecated",
    BreakingChangeType.ARG_CHANGED_KIND: "Add an argument of the new type beside it",
}
LOOK = "Tell client authors, and see that an old client bears it"


def graphql_changes(old: str, new: str) -> Iterator[Change]:
    """Tell what changed between two schemas in GraphQL's own language.

    Raises:
        StackError: one of them is none.
    """
    before, after = _schema(old), _schema(new)
    for breaking in find_breaking_changes(before, after):
        advice = ADVICE.get(breaking.type, "Add what is new beside it, and deprecate what it replaces")
        yield _change(Severity.BREAKING, breaking.description, advice)
    for dangerous in find_dangerous_changes(before, after):
        yield _change(Severity.DANGEROUS, dangerous.description, LOOK)
    additions = _names(after) - _names(before)
    for name in sorted(additions):
        if name.rpartition(".")[0] not in additions:
            yield Change("graphql", Severity.SAFE, name, "is new", OWNER, (CLIENTS,), "Nothing to do")


def _change(severity: Severity, description: str, advice: str) -> Change:
    where, _, what = description.rstrip(".").partition(" ")
    return Change("graphql", severity, where, what, OWNER, (CLIENTS,), advice)


def _schema(text: str) -> GraphQLSchema:
    try:
        return build_schema(text)
    except (GraphQLError, TypeError) as error:
        raise StackError(f"the GraphQL schema is none: {error}") from error


def _names(schema: GraphQLSchema) -> set[str]:
    """Every type and field, and every optional argument and input field."""
    names = set()
    for type_name, kind in schema.type_map.items():
        if type_name.startswith("__"):
            continue
        names.add(type_name)
        for field_name, field in getattr(kind, "fields", {}).items():
            names.add(f"{type_name}.{field_name}")
            names |= {f"{type_name}.{field_name}.{argument}" for argument in getattr(field, "args", {})}
    return names
