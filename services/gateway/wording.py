"""Errors as a GraphQL client sees them: a sentence, a code a program can act on, the argument at fault. Pure.

    {"message": "…", "extensions": {"code": "INVALID_ARGUMENT", "field": "content"}, "path": ["CreateMessage"], …}

Codes are those of `services.problems`, and two for documents that cannot run: GRAPHQL_PARSE_FAILED and
GRAPHQL_VALIDATION_FAILED. What nobody foresaw is INTERNAL and says nothing about our insides.
"""

from graphql import GraphQLError, GraphQLFormattedError

from services.problems import Code, Problem

MESSAGE_CHARACTERS_MAX = 1_000  # graphql-core quotes what it was given, however long that was

UNEXPECTED = "Something failed on our side; the logs of this moment say what."


def formatted(error: GraphQLError, code: str) -> GraphQLFormattedError:
    """Return an error of graphql-core's own wording under a code of ours."""
    return _shaped(error, error.message, {"code": code})


def formatted_from_run(error: GraphQLError) -> GraphQLFormattedError:
    """Return an error from running an operation: a Problem as it is worded, anything unforeseen masked.

    What graphql-core itself raises while it runs a valid document is about the values it was given.
    """
    cause = cause_of(error)
    if isinstance(cause, Problem):
        extensions: dict[str, object] = {"code": cause.code.value}
        if cause.field is not None:
            extensions["field"] = cause.field
        return _shaped(error, cause.message, extensions)
    if cause is not None:
        return _shaped(error, UNEXPECTED, {"code": Code.INTERNAL.value})
    return _shaped(error, error.message, {"code": Code.INVALID_ARGUMENT.value})


def code_of(error: GraphQLError) -> str:
    """Return the code such an error is told under."""
    return str((formatted_from_run(error).get("extensions") or {}).get("code"))


def cause_of(error: GraphQLError) -> Exception | None:
    """Return the exception that a resolver raised; None when the error is graphql-core's own."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause


def refusal(problem: Problem) -> dict[str, object]:
    """Return the body that answers a request which never became an operation."""
    return {"errors": [worded(problem)]}


def worded(problem: Problem) -> GraphQLFormattedError:
    """Return a Problem as an error; where it came from is known to whoever asked."""
    extensions: dict[str, object] = {"code": problem.code.value}
    if problem.field is not None:
        extensions["field"] = problem.field
    return {"message": problem.message, "extensions": extensions}


def _shaped(error: GraphQLError, message: str, extensions: dict[str, object]) -> GraphQLFormattedError:
    shaped: GraphQLFormattedError = {"message": _sendable(message), "extensions": extensions}
    if error.locations:
        shaped["locations"] = [location.formatted for location in error.locations]
    if error.path:
        shaped["path"] = error.path
    return shaped


def _sendable(message: str) -> str:
    """Return a message as UTF-8 can carry it; a half surrogate somebody sent may be quoted in it."""
    if len(message) > MESSAGE_CHARACTERS_MAX:
        message = message[:MESSAGE_CHARACTERS_MAX] + "…"
    return message.encode(errors="replace").decode()
