"""The gateway's HTTP: which path is what, and what every answer has in common."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services import metrics
from services.gateway import health, rpc, wording
from services.gateway.documents import Documents
from services.gateway.endpoint import Endpoint
from services.gateway.graphql_sockets import GraphQLSockets
from services.gateway.handshake import GRAPHQL_PATHS
from services.gateway.operation_streams import OperationStreams
from services.gateway.playground import Playground
from services.gateway.realtimes import Realtimes
from services.gateway.relay import backlog
from services.gateway.schema import schema
from services.gateway.settings import Settings
from services.problems import Code, Problem

log = structlog.get_logger()

GRAPHQL_METHODS = frozenset({"GET", "POST"})
PATH_CHARACTERS_MAX = 200  # of a path in the log


def application(settings: Settings) -> FastAPI:
    """Return the gateway's application; its channels are open from its start to its stop."""
    realtimes = Realtimes(settings.realtimes)
    metrics.gauge("veigo.relay.open", "Sockets that are relayed.", lambda: {"realtime": realtimes.carried()})
    metrics.gauge("veigo.relay.unsent", "Most that waited on one.", backlog.most_bytes, "By")

    @asynccontextmanager
    async def opened(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with rpc.backends(
            settings.authentication_address, settings.chat_address, settings.aggregator_address
        ) as backends:
            documents = Documents(schema)
            endpoint = Endpoint(documents, backends)
            yield {
                "realtimes": realtimes,
                "endpoint": endpoint,
                "sockets": GraphQLSockets(OperationStreams(documents, endpoint, backends), realtimes),
                "origins": settings.origins,
                "channels": backends.channels,
            }

    async def healthz(request: Request) -> Response:
        found = await health.readiness(request.state.channels, realtimes.addresses)
        page = {"ready": not found.unready, "unready": found.unready, "away": found.away}
        return JSONResponse(page, 503 if found.unready else 200)

    return FastAPI(
        routes=[Route("/healthz", healthz), *Playground.load(settings.playground_assets_dir).routes()],
        lifespan=opened,
        exception_handlers={HTTPException: _not_served, Exception: _failed},
        openapi_url=None,
    )


def served(settings: Settings) -> ASGIApp:
    """Return the application as it is served: with CORS, so that browsers may call it, and a log of requests."""
    cors = CORSMiddleware(
        GraphQLFirst(application(settings)),
        allow_origins=settings.origins,
        allow_methods=["GET", "POST"],
        allow_headers=["*"],
        max_age=600,
    )
    return RequestLog(cors)


async def _not_served(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 405:
        problem = Problem(Code.INVALID_ARGUMENT, f"{request.method} is not served here; use GET or POST.")
    else:
        problem = Problem(
            Code.NOT_FOUND, "Nothing is served here; GraphQL is at /graphql, the playground at /playground."
        )
    return JSONResponse(wording.refusal(problem), error.status_code, error.headers)


async def _failed(_: Request, error: Exception) -> Response:
    log.error("request_failed", exc_info=error)
    return JSONResponse(wording.refusal(Problem(Code.INTERNAL, wording.UNEXPECTED)), 500)


class GraphQLFirst:
    """Takes GraphQL requests straight to their endpoint, and everything else to the application.

    Nearly every request is one, and the application's routing and middleware took a third of the processor time of a
    whole mutation.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request or a WebSocket."""
        if scope["type"] == "websocket":  # `server.py` brings no others
            await scope["state"]["sockets"].serve(scope, receive, send)
            return
        if scope["type"] != "http" or scope["path"] not in GRAPHQL_PATHS:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            if request.method not in GRAPHQL_METHODS:
                raise HTTPException(405, headers={"allow": ", ".join(sorted(GRAPHQL_METHODS))})
            response = await scope["state"]["endpoint"].answer(request)
        except HTTPException as error:
            response = await _not_served(request, error)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is logged and answered
            response = await _failed(request, error)
        await response(scope, receive, send)


class RequestLog:
    """Writes one line for each request: no query, because it may hold a token, no headers and no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request and write its line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"][:PATH_CHARACTERS_MAX],
                status=status,
                ms=round((time.perf_counter() - began) * 1000, 2),
                trace_id=scope.get("trace_id"),
            )
