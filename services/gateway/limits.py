"""How large a GraphQL document may be, decided before it is validated or run: pure functions over its syntax tree.

Strawberry's own depth and alias limiters follow a fragment anew each time it is spread, and so do some of
graphql-core's rules: a page of text whose fragments spread each other twice would keep them busy for years. Made per
request, as extensions are, the limiters also defeat the validation cache. Here every fragment is measured once, and a
document is measured once while it stays cached.
"""

from collections.abc import Iterator
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

TOKENS_MAX = 1_000  # GraphiQL's introspection query, the longest in common use, has 185; the parser counts them
DEPTH_MAX = 8  # our deepest field is at 3; introspection is not counted, because graphql-core limits it by itself
FIELDS_MAX = 20  # root fields of one operation, aliases included: each is a call to a service
SELECTIONS_MAX = 500  # fields, all told, once every fragment is written out where it is spread


class Size(NamedTuple):
    """How large a selection set is once its fragments are written out."""

    depth: int = 0
    fields: int = 0
    selections: int = 0


def violations(document: DocumentNode) -> list[GraphQLError]:
    """Return what is too large about a document, in words; nothing when all is well.

    Undefined fragments and fragments within themselves count as empty: validation words those.
    """
    ruler = _Ruler(document)
    found = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            size = ruler.measure(definition.selection_set)
            found += [GraphQLError(message, definition) for message in _excesses(size)]
        elif isinstance(definition, FragmentDefinitionNode):  # validation looks at those nobody spreads, too
            size = Size(selections=ruler.measure(definition.selection_set).selections)
            found += [GraphQLError(message, definition) for message in _excesses(size)]
    return found


def _excesses(size: Size) -> Iterator[str]:
    if size.depth > DEPTH_MAX:
        yield f"The operation is {size.depth} levels deep; at most {DEPTH_MAX} are accepted."
    if size.fields > FIELDS_MAX:
        yield f"The operation has more than {FIELDS_MAX} root fields; send the others in a request of their own."
    if size.selections > SELECTIONS_MAX:
        yield f"More than {SELECTIONS_MAX} fields are selected, fragments written out; ask for less at a time."


class _Ruler:
    """Measures the selection sets of one document."""

    def __init__(self, document: DocumentNode) -> None:
        self._fragments = {
            definition.name.value: definition.selection_set
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Size] = {}

    def measure(self, selection_set: SelectionSetNode) -> Size:
        """Return the size of a selection set."""
        sizes = [self._measure_one(selection) for selection in selection_set.selections]
        return Size(
            depth=max((size.depth for size in sizes), default=0),
            fields=sum(size.fields for size in sizes),
            selections=sum(size.selections for size in sizes),
        )

    def _measure_one(self, selection: SelectionNode) -> Size:
        if isinstance(selection, FieldNode):
            inner = self.measure(selection.selection_set) if selection.selection_set else Size()
            depth = 1 if selection.name.value.startswith("__") else 1 + inner.depth
            return Size(depth, fields=1, selections=1 + inner.selections)
        if isinstance(selection, InlineFragmentNode):
            return self.measure(selection.selection_set)
        assert isinstance(selection, FragmentSpreadNode)
        return self._measure_fragment(selection.name.value)

    def _measure_fragment(self, name: str) -> Size:
        if name not in self._measured:
            self._measured[name] = Size()  # what it counts as within itself
            selection_set = self._fragments.get(name)
            if selection_set is not None:
                self._measured[name] = self.measure(selection_set)
        return self._measured[name]
