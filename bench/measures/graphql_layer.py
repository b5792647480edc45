"""How much longer the gateway's GraphQL takes than graphql-core alone on a document that is parsed already."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

from google.protobuf.timestamp_pb2 import Timestamp
from graphql import ExecutionResult, GraphQLSchema, build_schema, execute, parse

from bench.blocks import figures_of, one_after_another
from bench.measure import Figures, Goal, Measure, Ratio, Repeat, Void
from bench.site import Site
from protos.veigo.chat.v1 import chat_pb2
from services.gateway import translate
from services.gateway.documents import Document, Documents
from services.gateway.endpoint import Endpoint, Operation, body_of
from services.gateway.rpc import Backends
from services.gateway.schema import PRINTED, schema
from veigo.client.documents import CREATE_MESSAGE

BLOCK_S = 1.0
AUTHORIZATION = "Bearer token"
MESSAGE_ID, ROOM = str(uuid.uuid4()), str(uuid.uuid4())
VARIABLES = {"roomId": ROOM, "content": "x" * 100, "messageId": MESSAGE_ID}
CREATED_AT = "2026-11-25T12:00:00.000000Z"
EXPECTED = {"id": MESSAGE_ID, "sequence": 7, "createdAt": CREATED_AT}


def backends() -> Backends:
    """What resolvers call, answering at once with the same message."""
    created = Timestamp()
    created.FromJsonString(CREATED_AT)
    message = chat_pb2.Message(id=MESSAGE_ID, room_id=ROOM, content="x" * 100, sequence=7, created_at=created)
    reply = chat_pb2.CreateMessageResponse(message=message)

    async def create_message(_request: object, **_how: object) -> chat_pb2.CreateMessageResponse:
        return reply

    return cast("Backends", SimpleNamespace(messages=SimpleNamespace(CreateMessage=create_message)))


def bare_schema(behind: Backends) -> GraphQLSchema:
    """The same schema in graphql-core alone, with a resolver that makes the same call, and nothing else."""
    bare = build_schema(PRINTED.read_text())

    async def create_message(_root: object, _info: object, **given: str) -> dict[str, Any]:
        request = translate.create_message_request(given["roomId"], given["content"], given["messageId"])
        message = translate.message((await behind.messages.CreateMessage(request)).message)
        return {"id": message.id, "sequence": message.sequence, "createdAt": message.created_at}

    assert bare.mutation_type is not None
    bare.mutation_type.fields["CreateMessage"].resolve = create_message
    return bare


async def layered(endpoint: Endpoint, documents: Documents) -> dict[str, object]:
    """Run a text as the gateway does: find it ready, trace it, execute it as its caller, and shape the answer."""
    document = documents.ready(CREATE_MESSAGE)
    assert isinstance(document, Document)
    result, _ = await endpoint.perform(document, Operation(CREATE_MESSAGE, dict(VARIABLES)), AUTHORIZATION, None)
    return body_of(result)


async def executed(bare: GraphQLSchema, document: Any, context: object = None) -> dict[str, object]:  # noqa: ANN401
    """Have graphql-core execute a parsed document."""
    result = execute(bare, document, variable_values=dict(VARIABLES), context_value=context)
    return body_of(result if isinstance(result, ExecutionResult) else await result)


def block(work: Callable[[], Awaitable[dict[str, object]]], seconds: float) -> Repeat:
    """Do it again and again, and see that the answer is right."""

    async def repeat() -> Figures:
        if (answer := await work()) != {"data": {"CreateMessage": EXPECTED}}:
            raise Void(f"the answer was {answer}")
        return figures_of(await one_after_another(work, seconds))

    return repeat


@contextlib.asynccontextmanager
async def opened(site: Site) -> AsyncIterator[Mapping[str, Repeat]]:
    """Have both schemas in this process."""
    documents, behind = Documents(schema), backends()
    endpoint, bare, parsed = Endpoint(documents, behind), bare_schema(behind), parse(CREATE_MESSAGE)
    seconds = site.seconds(BLOCK_S)
    yield {
        "ours": block(lambda: layered(endpoint, documents), seconds),
        "graphql-core": block(lambda: executed(bare, parsed), seconds),
    }


measure = Measure(
    name="graphql_layer",
    question="How much longer does the gateway's GraphQL take than graphql-core on a parsed document?",
    sides={
        "ours": "CreateMessage as the gateway runs it, document to answer, protobuf included; chat answers at once",
        "graphql-core": "the parsed document on the same schema without strawberry, whose resolver makes the same call",
    },
    ratios=(Ratio("p50", over=("ours",), under=("graphql-core",), figure="p50_ms", goal=Goal(at_most=1.5)),),
    opened=opened,
    needs_stack=False,
    note="In one process, without HTTP and without gRPC.",
)
