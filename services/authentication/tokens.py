"""Signs tokens, and reads refresh tokens back. Pure but for the clock and the random id, which are passed in."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from jwt.algorithms import OKPAlgorithm

from services import access_tokens
from services.problems import Code, Problem

REFRESH_TYPE = "rt+jwt"
REFRESH_AUDIENCE = "veigo-authentication"  # only authentication takes refresh tokens


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in of an account on a device."""

    id: uuid.UUID
    account_id: uuid.UUID
    version: int


@dataclass(frozen=True, slots=True)
class RefreshGrant:
    """A new refresh token: what is stored of it, and the text that its holder gets."""

    id: uuid.UUID
    expires_at: datetime
    text: str


class TokenSigner:
    """Issues tokens with an Ed25519 key (RFC 8037); the key's id is the thumbprint of its public half."""

    def __init__(self, key: Ed25519PrivateKey, issuer: str, access_s: int, refresh_s: int) -> None:
        self._key = key
        self._public = key.public_key()
        self._issuer = issuer
        self._access = timedelta(seconds=access_s)
        self._refresh = timedelta(seconds=refresh_s)
        raw = self._public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._key_id = sha256(raw).hexdigest()[:16]

    @classmethod
    def from_file(cls, path: Path, issuer: str, access_s: int, refresh_s: int) -> "TokenSigner":
        """Return a signer with the PEM key at `path`.

        Raises:
            SystemExit: there is no Ed25519 private key in that file.
        """
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as error:
            raise SystemExit(f"SIGNING_KEY_FILE {path} cannot be read as a PEM private key: {error}") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise SystemExit(f"SIGNING_KEY_FILE {path} must hold an Ed25519 key: openssl genpkey -algorithm ed25519")
        return cls(key, issuer, access_s, refresh_s)

    def key_set(self) -> str:
        """Return the public key as a JSON Web Key Set (RFC 7517)."""
        public = OKPAlgorithm.to_jwk(self._public, as_dict=True)
        key = public | {"kid": self._key_id, "use": "sig", "alg": access_tokens.ALGORITHM}
        return json.dumps({"keys": [key]})

    def access(self, session: Session, now: datetime) -> str:
        """Return a new access token of a session."""
        claims = {
            "aud": access_tokens.AUDIENCE,
            "exp": now + self._access,
            "sid": str(session.id),
            "sv": session.version,
        }
        return self._sign(claims, session.account_id, uuid.uuid4(), now, access_tokens.TYPE)

    def refresh(self, session: Session, now: datetime) -> RefreshGrant:
        """Return a new refresh token of a session."""
        token_id = uuid.uuid4()
        expires_at = now + self._refresh
        claims = {"aud": REFRESH_AUDIENCE, "exp": expires_at, "sid": str(session.id)}
        return RefreshGrant(token_id, expires_at, self._sign(claims, session.account_id, token_id, now, REFRESH_TYPE))

    def read_refresh(self, text: str) -> uuid.UUID:
        """Return the id in a refresh token that this key signed and that has not expired.

        Raises:
            Problem: UNAUTHENTICATED, for anything else.
        """
        try:
            if jwt.get_unverified_header(text).get("typ") != REFRESH_TYPE:
                raise refused_refresh()
            claims = jwt.decode(
                text,
                self._public,
                algorithms=[access_tokens.ALGORITHM],
                audience=REFRESH_AUDIENCE,
                issuer=self._issuer,
                options={"require": ["aud", "exp", "iss", "jti", "sub"], "verify_iat": False},
            )
            return uuid.UUID(claims["jti"])
        except (jwt.InvalidTokenError, ValueError):
            raise refused_refresh() from None

    def _sign(
        self, claims: dict[str, object], account_id: uuid.UUID, token_id: uuid.UUID, now: datetime, kind: str
    ) -> str:
        everyone = {"iss": self._issuer, "sub": str(account_id), "jti": str(token_id), "iat": now}
        headers = {"kid": self._key_id, "typ": kind}
        return jwt.encode(everyone | claims, self._key, algorithm=access_tokens.ALGORITHM, headers=headers)


def refused_refresh() -> Problem:
    """Return the one answer to every refresh token that is not good, so that none can be probed."""
    return Problem(Code.UNAUTHENTICATED, "The refresh token is not valid; sign in again.", "token")


def utc_now() -> datetime:
    """Return the wall clock's time."""
    return datetime.now(UTC)
