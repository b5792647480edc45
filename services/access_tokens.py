"""What an access token says, and how every service but its issuer checks it: by public key, without a call.

Access tokens are JWTs signed with EdDSA (RFC 8037). Only authentication holds the private key; the others fetch its
key set (RFC 7517) once and again when a token names a key they have not seen, so keys can be rotated.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import jwt
from jwt import PyJWKSet

from services.problems import Code, Problem

ALGORITHM = "EdDSA"
AUDIENCE = "veigo"
TYPE = "at+jwt"  # RFC 9068: an access token can never pass for a refresh token, or the reverse
VERIFIED_MAX = 10_000  # tokens remembered as verified; the least recently used is forgotten
KEY_FETCH_INTERVAL_S = 5.0  # forged key ids must not become a stream of calls to authentication
TOKEN_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A verified access token.

    Attributes:
        account_id: whose it is.
        session_id: the sign-in it belongs to; revoking that ends it.
        session_version: version of the session when the token was issued, the one a decision must have seen.
        expires_at: Unix time in seconds.
    """

    account_id: str
    session_id: str
    session_version: int
    expires_at: float


class TokenVerifier:
    """Verifies access tokens; a token it has seen costs a dictionary look-up until it expires."""

    def __init__(self, issuer: str, fetch_key_set: Callable[[], Awaitable[str]]) -> None:
        """Verify tokens of `issuer`; `fetch_key_set` returns its key set as JSON, or raises a Problem."""
        self._issuer = issuer
        self._fetch_key_set = fetch_key_set
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._fetching = asyncio.Lock()
        self._verified: OrderedDict[str, AccessToken] = OrderedDict()

    async def verify(self, token: str) -> AccessToken:
        """Return what a token says.

        Raises:
            Problem: UNAUTHENTICATED for a token that is malformed, forged, foreign or expired; what `fetch_key_set`
                raises when the keys are needed and cannot be had.
        """
        known = self._verified.get(token)
        if known is not None:
            if known.expires_at > time.time():
                self._verified.move_to_end(token)
                return known
            del self._verified[token]
        verified = self._read(token, await self._key_for(token))
        self._verified[token] = verified
        if len(self._verified) > VERIFIED_MAX:
            self._verified.popitem(last=False)
        return verified

    async def refresh_keys(self) -> None:
        """Fetch the key set now, as a service does before it says that it is ready."""
        self._fetched_at = time.monotonic()
        key_set = PyJWKSet.from_json(await self._fetch_key_set())
        self._keys = {key.key_id: key for key in key_set.keys if key.key_id is not None}

    async def _key_for(self, token: str) -> jwt.PyJWK:
        if len(token) > TOKEN_BYTES_MAX:
            raise _unauthenticated("is too long to be one of ours")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise _unauthenticated("is not a token") from None
        key_id = header.get("kid")
        if header.get("typ") != TYPE or header.get("alg") != ALGORITHM or not isinstance(key_id, str):
            raise _unauthenticated("is not one of ours")
        if key_id not in self._keys:
            async with self._fetching:
                overdue = time.monotonic() - self._fetched_at >= KEY_FETCH_INTERVAL_S
                if key_id not in self._keys and (overdue or not self._keys):
                    await self.refresh_keys()
        key = self._keys.get(key_id)
        if key is None:
            raise _unauthenticated("was signed with a key we do not know")
        return key

    def _read(self, token: str, key: jwt.PyJWK) -> AccessToken:
        try:
            claims = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                # Where our clock is behind, a new token was issued in the future; what counts is its end.
                options={"require": ["aud", "exp", "iss", "jti", "sid", "sub", "sv"], "verify_iat": False},
            )
        except jwt.ExpiredSignatureError:
            raise _unauthenticated("has expired; use RefreshToken or sign in again") from None
        except jwt.InvalidTokenError:
            raise _unauthenticated("is not valid here") from None
        return AccessToken(claims["sub"], claims["sid"], int(claims["sv"]), float(claims["exp"]))


def _unauthenticated(what: str) -> Problem:
    return Problem(Code.UNAUTHENTICATED, f"The access token {what}.", "token")
