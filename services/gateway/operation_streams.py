"""Operations that come over a WebSocket, run as those of HTTP requests are: each a stream of results.

A query or a mutation has one result, a subscription as many as there are events. It is what strawberry's handler of
the protocol takes for a schema: a first result of the kind PreExecutionError becomes the message `error`, which ends
the operation; every other becomes a `next`, and the end of the stream `complete`.
"""

from collections.abc import AsyncGenerator, Iterable

from graphql import ExecutionResult as Result
from graphql import GraphQLError, GraphQLFormattedError, OperationType
from strawberry.types.execution import ExecutionResult, PreExecutionError

from services.gateway import wording
from services.gateway.documents import Document, Documents, Refused
from services.gateway.endpoint import Endpoint, Operation, errors_of
from services.gateway.rooms import Rooms
from services.gateway.rpc import Backends, Caller, traceparent_of
from services.problems import invalid


class Client:
    """Who operations are run for.

    Attributes:
        authorization: what they were let in with; empty when that was nothing.
        rooms: what they listen to.
    """

    def __init__(self, rooms: Rooms) -> None:
        self.authorization = ""
        self.rooms = rooms


class WordedError(GraphQLError):
    """An error whose shape is decided already."""

    def __init__(self, formatted: GraphQLFormattedError) -> None:
        super().__init__(formatted["message"])
        self._formatted = formatted

    @property
    def formatted(self) -> GraphQLFormattedError:
        """Return the error as it is sent."""
        return self._formatted


class OperationStreams:
    """Runs operations."""

    def __init__(self, documents: Documents, endpoint: Endpoint, backends: Backends) -> None:
        self._documents = documents
        self._endpoint = endpoint
        self._backends = backends

    async def stream(
        self,
        query: str,
        variable_values: dict[str, object] | None,
        context_value: Client,
        root_value: None,  # noqa: ARG002 - strawberry's signature
        operation_name: str | None,
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Return the results of an operation as they come."""
        return self._results(Operation(query, variable_values, operation_name), context_value)

    async def _results(self, operation: Operation, client: Client) -> AsyncGenerator[ExecutionResult, None]:
        document = self._documents.ready(operation.text)
        if isinstance(document, Refused):
            yield _unrunnable(wording.formatted(error, document.code) for error in document.errors)
            return
        kind = document.operation(operation.name)
        if kind is None:
            problem = invalid("operationName", "`operationName` must name one of the operations in the document.")
            yield _unrunnable([wording.worded(problem)])
        elif kind is OperationType.SUBSCRIPTION:
            async for result in self._events(document, operation, client):
                yield _worded(result)
        else:
            result, _ = await self._endpoint.perform(document, operation, client.authorization, None)
            yield _worded(result)

    async def _events(self, document: Document, operation: Operation, client: Client) -> AsyncGenerator[Result, None]:
        caller = Caller(self._backends, client.authorization, traceparent_of(None), client.rooms)
        begun = await self._documents.subscribe(document, operation.variables, operation.name, caller)
        if isinstance(begun, Result):
            yield begun
            return
        try:
            async for result in begun:
                yield result
        except Exception as error:  # noqa: BLE001 - whatever ended it, it is worded, and noted when nobody foresaw it
            located = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
            yield Result(None, [located])


def _unrunnable(errors: Iterable[GraphQLFormattedError]) -> ExecutionResult:
    return PreExecutionError(data=None, errors=[WordedError(error) for error in errors])


def _worded(result: Result) -> ExecutionResult:
    """Return a result as strawberry has it, its errors in our words; one that has no data is an end."""
    errors: list[GraphQLError] = [WordedError(error) for error in errors_of(result)]
    if errors and result.data is None:
        return PreExecutionError(data=None, errors=errors)
    return ExecutionResult(data=result.data, errors=errors or None)
