"""What a client must bring to be let in: an Origin we accept, when it is a browser, and an access token.

The token comes in the URL, as the original has it (`/?token=SuperDuperUser%20<access token>`; a browser cannot set
headers on a WebSocket), or in the Authorization header. The scheme may be `SuperDuperUser` or `Bearer`.
"""

from collections.abc import Sequence
from urllib.parse import parse_qs

from services.problems import Code, Problem

SCHEMES = ("superduperuser", "bearer")
HOW = "connect to /?token=SuperDuperUser%20<access token>"


def accepted_origins(setting: str) -> frozenset[str]:
    """Return the origins in a comma-separated setting."""
    return frozenset(origin.strip() for origin in setting.split(",") if origin.strip())


def origin_is_accepted(accepted: frozenset[str], origins: Sequence[str]) -> bool:
    """Say whether a request with these Origin headers may go on; a client without one is not a browser."""
    return "*" in accepted or not origins or (len(origins) == 1 and origins[0] in accepted)


def access_token(query: str, authorizations: Sequence[str]) -> str:
    """Return the access token of a request.

    Args:
        query: the query string of its URL.
        authorizations: its Authorization headers.

    Raises:
        Problem: UNAUTHENTICATED when there is none, or not exactly one.
    """
    brought: list[str] = [*parse_qs(query).get("token", ()), *authorizations]
    if not brought:
        raise Problem(Code.UNAUTHENTICATED, f"No access token; {HOW}.")
    if len(brought) > 1:
        raise Problem(Code.UNAUTHENTICATED, f"More than one access token; {HOW}.")
    scheme, _, token = brought[0].strip().partition(" ")
    if scheme.lower() not in SCHEMES or not token.strip():
        raise Problem(Code.UNAUTHENTICATED, f"The token must follow a scheme and one space; {HOW}.")
    return token.strip()
