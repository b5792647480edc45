"""Structured logs: one JSON object a line on standard output.

Never log a token, a password, an e-mail address or what people wrote; ids and sizes say enough.
"""

import logging
import sys

import structlog

from services import tracing


def _with_trace(_: object, __: str, line: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Add the ids of the span under way, by which a line finds its trace and a trace its lines."""
    span = tracing.current()
    if span is not None:
        line["trace_id"] = span.context.trace_id
        line["span_id"] = span.context.span_id
    return line


def configure(node: str, level: str) -> None:
    """Send this process's logs, those of its libraries included, to standard output as JSON lines.

    Args:
        node: name of the stack's node, on every line.
        level: lowest level that is written, such as `info`.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _with_trace,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for chatty in ("aiokafka", "alembic", "grpc", "pymongo", "uvicorn.access", "websockets"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
    # Telemetry that cannot be sent is dropped, and says so in its own count; a service's log is about its service.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLogger().level),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(node=node)
