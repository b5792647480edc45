"""GraphQL documents made ready to run: parsed, measured and validated once, and kept while they are in use.

Clients send the same few texts with other variables, and parsing and validating one costs fifty times what running it
does. Strawberry's ParserCache and ValidationCache save the most of that, but the extensions they are still cost as much
again as the execution itself on every request; so the gateway keeps ready documents here and hands them to
graphql-core's executor, which strawberry would call as well.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from inspect import isawaitable
from typing import Self

import strawberry
from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    execute,
    parse,
    subscribe,
    validate,
)

from services.gateway import limits, resolving
from services.gateway.rpc import Caller

KEPT_MAX = 256  # documents; the least recently used is forgotten
KEPT_CHARACTERS_MAX = 4_096  # longer texts are made ready each time, so that nobody fills our memory with them
TITLE_CHARACTERS_MAX = 100
ERRORS_MAX = 10  # of one document; whoever has more begins with these

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed and validated document, and what there is to know of its operations by the names that pick them."""

    node: DocumentNode
    operations: Mapping[str | None, tuple[OperationType, str]]

    @classmethod
    def of(cls, node: DocumentNode) -> Self:
        """Return the document that a parsed text is."""
        found = [each for each in node.definitions if isinstance(each, OperationDefinitionNode)]
        operations: dict[str | None, tuple[OperationType, str]] = {}
        for operation in found:
            about = operation.operation, _title(operation)
            if operation.name is not None:
                operations[operation.name.value] = about
            if len(found) == 1:
                operations[None] = about
        return cls(node, operations)

    def operation(self, name: str | None) -> OperationType | None:
        """Return the kind of the operation that would run; None when `name` does not pick exactly one."""
        about = self.operations.get(name)
        return None if about is None else about[0]

    def title(self, name: str | None) -> str:
        """Return what the operation does, as its span is called: its kind and its root fields."""
        about = self.operations.get(name)
        return "operation" if about is None else about[1]


def _title(operation: OperationDefinitionNode) -> str:
    fields = [field.name.value for field in operation.selection_set.selections if isinstance(field, FieldNode)]
    return f"{operation.operation.value} {', '.join(fields)}"[:TITLE_CHARACTERS_MAX]


@dataclass(frozen=True, slots=True)
class Refused:
    """What is wrong with a text that is no document of this schema."""

    code: str
    errors: tuple[GraphQLError, ...]


class Documents:
    """The documents of one schema."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = resolving.executable(schema)
        self._kept = lru_cache(maxsize=KEPT_MAX)(self._made_ready)

    def ready(self, text: str) -> Document | Refused:
        """Return the document that `text` is, or what is wrong with it."""
        return self._kept(text) if len(text) <= KEPT_CHARACTERS_MAX else self._made_ready(text)

    async def run(
        self, document: Document, variables: dict[str, object] | None, operation: str | None, caller: Caller
    ) -> ExecutionResult:
        """Run one operation of a document as `caller`."""
        result = execute(
            self._schema,
            document.node,
            variable_values=variables,
            operation_name=operation,
            context_value=caller,
        )
        return result if isinstance(result, ExecutionResult) else await result

    async def subscribe(
        self, document: Document, variables: dict[str, object] | None, operation: str | None, caller: Caller
    ) -> AsyncIterator[ExecutionResult] | ExecutionResult:
        """Begin a subscription of a document as `caller`; a result is what came of one that could not begin."""
        begun = subscribe(
            self._schema,
            document.node,
            variable_values=variables,
            operation_name=operation,
            context_value=caller,
        )
        return await begun if isawaitable(begun) else begun

    def _made_ready(self, text: str) -> Document | Refused:
        try:
            node = parse(text, max_tokens=limits.TOKENS_MAX)
            errors = limits.violations(node) or validate(self._schema, node, max_errors=ERRORS_MAX)
        except GraphQLSyntaxError as error:
            return Refused(PARSE_FAILED, (error,))
        except RecursionError:
            return Refused(PARSE_FAILED, (GraphQLError("The document is nested too deeply to be read."),))
        return Refused(VALIDATION_FAILED, tuple(errors)) if errors else Document.of(node)
