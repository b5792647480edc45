"""The trace of a message that the harness sends: chosen by the message's id, so that nobody has to remember it."""

import hashlib


def trace_id(message_id: str) -> str:
    """The trace's id, in hexadecimal."""
    return hashlib.sha256(f"{message_id} trace".encode()).hexdigest()[:32]


def root_id(message_id: str) -> str:
    """The id of its root: the client's own span."""
    return hashlib.sha256(f"{message_id} CreateMessage".encode()).hexdigest()[:16]


def traceparent(message_id: str) -> str:
    """The header the client sends the message with."""
    return f"00-{trace_id(message_id)}-{root_id(message_id)}-01"
