"""GraphQL over HTTP (`/graphql`, `/gql`): reads a request within bounds, runs it, writes the answer.

Answers are 200 with `application/json` whatever became of the operation, as the original's were; a client that accepts
`application/graphql-response+json` gets 400 for a document that could not run. A request that is no GraphQL request at
all gets the HTTP status that fits and the same shape of body. Mutations need POST with a JSON body, which no web page
can send from elsewhere without asking first (CORS).
"""

import json
from dataclasses import dataclass

import msgspec
import structlog
from graphql import ExecutionResult, GraphQLFormattedError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from services import finished_spans, tracing
from services.gateway import wording
from services.gateway.documents import Document, Documents, Refused
from services.gateway.rpc import Backends, Caller, traceparent_of
from services.problems import Code, Problem, invalid
from services.trace_context import context_in
from spans.told import SERVER

log = structlog.get_logger()

BODY_BYTES_MAX = 1024 * 1024
JSON_TYPE = "application/json"
GRAPHQL_TYPE = "application/graphql-response+json"

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Operation:
    """What a client asks to run."""

    text: str
    variables: dict[str, object] | None = None
    name: str | None = None


class Refusal(Exception):  # noqa: N818 - an answer
    """A request that is no operation: an HTTP status and what to change."""

    def __init__(self, status: int, message: str, code: Code = Code.INVALID_ARGUMENT) -> None:
        super().__init__(message)
        self.status = status
        self.problem = Problem(code, message)


class Endpoint:
    """The handler of GraphQL requests."""

    def __init__(self, documents: Documents, backends: Backends) -> None:
        self._documents = documents
        self._backends = backends

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        try:
            operation = await operation_in(request)
            status, body = await self._run(request, operation)
        except Refusal as refusal:
            status, body = refusal.status, wording.refusal(refusal.problem)
        headers = {"allow": "POST"} if status == 405 else None
        media_type = GRAPHQL_TYPE if _accepts_graphql_type(request) else JSON_TYPE
        return Response(_encode(body), status, headers, media_type)

    async def _run(self, request: Request, operation: Operation) -> tuple[int, dict[str, object]]:
        unrunnable_status = 400 if _accepts_graphql_type(request) else 200
        document = self._documents.ready(operation.text)
        if isinstance(document, Refused):
            return unrunnable_status, {"errors": [wording.formatted(error, document.code) for error in document.errors]}
        problem = _problem_with_choice(request.method, document, operation.name)
        if problem is not None:
            return unrunnable_status, wording.refusal(problem)
        headers = request.headers
        authorization, traceparent = headers.get("authorization", ""), headers.get("traceparent")
        result, trace_id = await self.perform(document, operation, authorization, traceparent)
        request.scope["trace_id"] = trace_id  # for the line the request gets in the log
        body = body_of(result)
        return (200 if "data" in body else unrunnable_status), body

    async def perform(
        self, document: Document, operation: Operation, authorization: str, traceparent: str | None
    ) -> tuple[ExecutionResult, str]:
        """Run a query or a mutation as the owner of the token in `authorization`; return also the id of its trace."""
        title, parent = document.title(operation.name), context_in(traceparent)
        with tracing.span(title, SERVER, parent=parent) as span:
            context = str(span.context) if finished_spans.enabled() else traceparent_of(traceparent)
            caller = Caller(self._backends, authorization, context)
            result = await self._documents.run(document, operation.variables, operation.name, caller)
            span.ok = not result.errors
            for error in (result.errors or [])[:1]:
                span.set("error.type", wording.code_of(error))
        return result, span.context.trace_id


def _problem_with_choice(method: str, document: Document, name: str | None) -> Problem | None:
    kind = document.operation(name)
    if kind is None:
        return invalid("operationName", "`operationName` must name one of the operations in the document.")
    if kind is OperationType.SUBSCRIPTION:
        return invalid("query", "Send subscriptions over a WebSocket to this path, subprotocol graphql-transport-ws.")
    if kind is not OperationType.QUERY and method == "GET":
        raise Refusal(405, "Only queries can be sent by GET; send this by POST.")
    return None


def body_of(result: ExecutionResult) -> dict[str, object]:
    """Return the body for what an operation came to; `data` is absent when it could not begin."""
    if not result.errors:
        return {"data": result.data}
    body: dict[str, object] = {"errors": errors_of(result)}
    if result.data is not None:
        body["data"] = result.data
    return body


def errors_of(result: ExecutionResult) -> list[GraphQLFormattedError]:
    """Return an operation's errors as they are sent, and log those that nobody foresaw."""
    errors = result.errors or []
    for error in errors:
        cause = wording.cause_of(error)
        if cause is not None and not isinstance(cause, Problem):
            log.error("operation_failed", path=error.path, exc_info=cause)
    return [wording.formatted_from_run(error) for error in errors]


async def operation_in(request: Request) -> Operation:
    """Return the operation a request asks for, or raise the Refusal that says what it should look like."""
    if request.method == "GET":
        given = request.query_params
        variables = _parsed(given["variables"].encode(), "`variables`") if given.get("variables") else None
        return operation_of(
            {"query": given.get("query"), "variables": variables, "operationName": given.get("operationName") or None}
        )
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != JSON_TYPE:
        raise Refusal(415, "Send the request as JSON, with the header `Content-Type: application/json`.")
    return operation_of(_parsed(await _body(request), "The body"))


def operation_of(given: object) -> Operation:
    """Return the operation in a request's JSON, or raise the Refusal that says what is wrong with it."""
    if isinstance(given, list):
        raise Refusal(400, "Batches are not accepted; send one operation per request.")
    if not isinstance(given, dict):
        raise Refusal(400, 'The body must be a JSON object such as {"query": "{ __typename }"}.')
    text, variables, name = given.get("query"), given.get("variables"), given.get("operationName")
    if not isinstance(text, str) or not text.strip():
        raise Refusal(400, "`query` must hold a GraphQL document; /playground helps to write one.")
    if variables is not None and not isinstance(variables, dict):
        raise Refusal(400, "`variables` must be a JSON object or null.")
    if name is not None and not isinstance(name, str):
        raise Refusal(400, "`operationName` must be a string or null.")
    return Operation(text, variables, name)


def _parsed(text: bytes, what: str) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        raise Refusal(400, f"{what} is nested too deeply to be read.") from None
    except ValueError:
        raise Refusal(400, f"{what} is not JSON; check quotes, commas and that it is UTF-8.") from None


async def _body(request: Request) -> bytes:
    message = f"The body is larger than {BODY_BYTES_MAX} bytes; send less at a time."
    too_large = Refusal(413, message, Code.RESOURCE_EXHAUSTED)
    if int(request.headers.get("content-length", "0")) > BODY_BYTES_MAX:  # the HTTP parser lets only numbers through
        raise too_large
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                raise too_large
    except ClientDisconnect:
        raise Refusal(400, "The connection ended before the body did.") from None  # nobody is left to read it
    return bytes(body)


def _accepts_graphql_type(request: Request) -> bool:
    return GRAPHQL_TYPE in request.headers.get("accept", "")
