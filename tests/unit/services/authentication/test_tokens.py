"""Tokens: what is signed can be verified by public key alone, and nothing else can."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from services import access_tokens
from services.access_tokens import TokenVerifier
from services.authentication.tokens import Session, TokenSigner
from services.problems import Code, Problem

SESSION = Session(uuid.uuid4(), uuid.uuid4(), version=3)


def signer(issuer="veigo"):
    return TokenSigner(Ed25519PrivateKey.generate(), issuer, access_s=900, refresh_s=3600)


class KeySets:
    """Where a verifier gets keys from, counting how often it asks."""

    def __init__(self, *sources):
        self.sources = sources
        self.fetched = 0

    async def fetch(self):
        self.fetched += 1
        return json.dumps({"keys": [key for source in self.sources for key in json.loads(source.key_set())["keys"]]})


def now():
    return datetime.now(UTC)


async def refusal(verifier, token):
    with pytest.raises(Problem) as refused:
        await verifier.verify(token)
    return refused.value


async def test_an_access_token_says_who_which_session_and_which_version():
    """The session's version is what a decision about this token must have seen."""
    issuer = signer()
    token = await TokenVerifier("veigo", KeySets(issuer).fetch).verify(issuer.access(SESSION, now()))

    assert (str(SESSION.account_id), str(SESSION.id), 3) == (token.account_id, token.session_id, token.session_version)


async def test_a_clock_that_is_behind_refuses_no_new_token():
    """What authentication has just issued lies in the future there."""
    issuer = signer()
    ahead = now() + timedelta(seconds=300)
    token = await TokenVerifier("veigo", KeySets(issuer).fetch).verify(issuer.access(SESSION, ahead))

    assert str(SESSION.id) == token.session_id


async def test_an_expired_token_is_refused_even_when_it_was_seen_before():
    """Remembering a verified token must not outlive it."""
    issuer = signer()
    verifier = TokenVerifier("veigo", KeySets(issuer).fetch)
    old = issuer.access(SESSION, now() - timedelta(seconds=901))

    assert "expired" in (await refusal(verifier, old)).message


async def test_a_remembered_token_is_forgotten_when_it_expires(monkeypatch):
    """Having been good once must not outlive the token."""
    issuer = signer()
    verifier = TokenVerifier("veigo", KeySets(issuer).fetch)
    almost_old = issuer.access(SESSION, now() - timedelta(seconds=898))
    token = await verifier.verify(almost_old)
    monkeypatch.setattr(access_tokens.time, "time", lambda: token.expires_at + 1)
    monkeypatch.setattr(access_tokens.jwt, "decode", expire)

    assert "expired" in (await refusal(verifier, almost_old)).message


def expire(*_, **__):
    """Stand in for the library's own clock."""
    raise jwt.ExpiredSignatureError


async def test_keys_are_fetched_once_and_again_for_a_key_not_seen_before():
    """Rotation works without a restart, and a flood of made-up key ids is not a flood of calls."""
    first, second = signer(), signer()
    keys = KeySets(first, second)
    verifier = TokenVerifier("veigo", keys.fetch)
    await verifier.verify(first.access(SESSION, now()))
    await verifier.verify(second.access(SESSION, now()))
    for _ in range(10):
        await refusal(verifier, signer().access(SESSION, now()))

    assert keys.fetched == 1


def forged(**changed):
    """Return tokens nobody of ours signed, or not for this."""
    issuer = signer()
    good = issuer.access(SESSION, now())
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed_body = base64.urlsafe_b64encode(json.dumps(claims | {"sub": "x"}).encode()).decode()
    other = Ed25519PrivateKey.generate()
    header = jwt.get_unverified_header(good)

    def signed(claims, key=issuer._key, algorithm="EdDSA", **headers):
        return jwt.encode(claims, key, algorithm=algorithm, headers=header | headers)

    return issuer, {
        "empty": "",
        "words": "not a token",
        "too long": "a" * 5000,
        "alg none": signed(claims, key=None, algorithm="none", alg="none"),
        "HS256 with the public key": signed(
            claims, key=json.loads(issuer.key_set())["keys"][0]["x"], algorithm="HS256", alg="HS256"
        ),
        "another key under our key id": signed(claims, key=other),
        "changed body": f"{head}.{changed_body}.{signature}",
        "another audience": signed(claims | {"aud": "elsewhere"}),
        "another issuer": signed(claims | {"iss": "elsewhere"}),
        "no expiry": signed({name: value for name, value in claims.items() if name != "exp"}),
        "no session": signed({name: value for name, value in claims.items() if name != "sid"}),
        "a refresh token": issuer.refresh(SESSION, now()).text,
    }


@pytest.mark.parametrize("case", forged()[1])
async def test_no_forged_token_is_taken(case):
    """Each forgery is refused as UNAUTHENTICATED, with no word on how close it came."""
    issuer, tokens = forged()
    verifier = TokenVerifier("veigo", KeySets(issuer).fetch)

    assert Code.UNAUTHENTICATED == (await refusal(verifier, tokens[case])).code


def test_a_refresh_token_gives_its_id_back_and_an_access_token_does_not():
    """The two kinds cannot stand in for each other."""
    issuer = signer()
    refresh = issuer.refresh(SESSION, now())

    assert refresh.id == issuer.read_refresh(refresh.text)
    for wrong in (issuer.access(SESSION, now()), signer().refresh(SESSION, now()).text, "", "x.y.z"):
        with pytest.raises(Problem) as refused:
            issuer.read_refresh(wrong)
        assert Code.UNAUTHENTICATED == refused.value.code


def test_an_expired_refresh_token_is_refused():
    """A refresh token ends, unlike the original's."""
    issuer = signer()

    with pytest.raises(Problem):
        issuer.read_refresh(issuer.refresh(SESSION, now() - timedelta(hours=2)).text)
