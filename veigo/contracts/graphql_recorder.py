"""A GraphQL client that writes its documents out of the schema, holds every answer against it, and notes what it saw.

A document asks for all that an operation can tell, and takes exactly the arguments that are given, as variables.
"""

import io
import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, parse

from veigo.contracts import graphql_answer
from veigo.contracts.coverage import Coverage
from veigo.contracts.rpc_reply import BrokenContract

ANSWER_S_MAX = 15.0  # the gateway gives a service 10 s, and may need two of them in turn
HTTP_STATUSES = (200, 400, 405, 413, 415)


def document_of(schema: GraphQLSchema, operation: str, arguments: Mapping[str, Any]) -> str:
    """Return the document that calls an operation with these arguments as variables, and selects every field."""
    kinds = {"query": schema.query_type, "mutation": schema.mutation_type, "subscription": schema.subscription_type}
    kind, root = next((kind, root) for kind, root in kinds.items() if root and operation in root.fields)
    field = root.fields[operation]
    declared = ", ".join(f"${name}: {field.args[name].type}" for name in arguments)
    given = ", ".join(f"{name}: ${name}" for name in arguments)
    head = f"{kind} ({declared})" if declared else kind
    call = f"{operation}({given})" if given else operation
    return f"{head} {{ {call} {_selection(get_named_type(field.type))} }}"


def _selection(kind: object) -> str:
    if not isinstance(kind, GraphQLObjectType):
        return ""
    return (
        "{ " + " ".join(f"{name} {_selection(get_named_type(field.type))}" for name, field in kind.fields.items()) + "}"
    )


class GraphQLRecorder:
    """Sends operations over HTTP."""

    def __init__(self, schema: GraphQLSchema, url: str, http: aiohttp.ClientSession, coverage: Coverage) -> None:
        """Send to `url` by `http`; a promise of all that is in `schema` is added to `coverage`."""
        self.schema = schema
        self.coverage = coverage
        self._url = url
        self._http = http
        for kind, item in graphql_answer.promised(schema):
            coverage.promise(kind, [item])

    async def ask(self, operation: str, token: str | None = None, /, **arguments: object) -> dict[str, Any]:
        """Call one operation and return the whole answer, held against the schema.

        Raises:
            BrokenContract: it is none.
        """
        document = document_of(self.schema, operation, arguments)
        answer = await self.send(document, arguments, token)
        self.note(document, arguments, answer)
        return answer

    async def get(self, operation: str, token: str | None = None, /, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """Call one operation that must not be refused; return what it says."""
        answer = await self.ask(operation, token, **arguments)
        if "errors" in answer:
            raise BrokenContract(f"{operation} was refused: {answer['errors']}")
        return answer["data"][operation]

    def note(self, document: str, arguments: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Hold an answer against the schema and its document, and note what was asked and said."""
        node = parse(document)
        for kind, item in (
            *graphql_answer.asked(self.schema, node, arguments),
            *graphql_answer.said(self.schema, node, answer),
        ):
            self.coverage.saw(kind, item)

    async def send(self, document: str, variables: Mapping[str, Any], token: str | None = None) -> dict[str, Any]:
        """Send any text as a document and return the answer, whatever it says.

        Raises:
            BrokenContract: what came is no answer of a GraphQL server, or came too late.
        """
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        body = io.BytesIO(json.dumps({"query": document, "variables": dict(variables)}).encode())
        began_s = time.monotonic()
        async with self._http.post(self._url, data=body, headers=headers) as response:
            if response.status not in HTTP_STATUSES:
                raise BrokenContract(f"HTTP {response.status}: {(await response.text())[:300]}")
            answer: dict[str, Any] = await response.json()
        if time.monotonic() - began_s > ANSWER_S_MAX:
            raise BrokenContract(f"the answer took {time.monotonic() - began_s:.1f} s")
        return answer
