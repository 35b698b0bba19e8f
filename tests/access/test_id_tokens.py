"""Whom an id token proves: a table of every way in which one may fail to."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.jwk import ECKey, KeySet, RSAKey

from project.access import SignIn
from starter.identity.openid.claims import ProvedPerson, SignInRefused, TokenAnswer, prove

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ISSUER, CLIENT, NONCE = "https://login.example.com", "sojourn", "nonce-of-this-errand"
RULES = SignIn(issuer=ISSUER, client_id=CLIENT)
KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
CURVE = ec.generate_private_key(ec.SECP256R1())
KEYS = KeySet(
    [RSAKey.import_key(KEY.public_key(), {"kid": "rsa"}), ECKey.import_key(CURVE.public_key(), {"kid": "ec"})]
)
ACCESS_TOKEN = "an access token"
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "sub": "u-1",
    "iat": NOW,
    "exp": NOW + timedelta(minutes=5),
    "nonce": NONCE,
    "email": "Nina@northwind.example",
    "name": "Nina",
    "groups": ["g-marketing"],
}


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str | None = "RS256", kid: str = "rsa") -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


def proved(token: str, rules: SignIn = RULES) -> ProvedPerson:
    return prove(TokenAnswer(token, ACCESS_TOKEN), KEYS, rules, NONCE, NOW)


def half_hash(text: str, name: str = "sha256") -> str:
    digest = hashlib.new(name, text.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def test_a_token_names_its_person() -> None:
    assert proved(signed(CLAIMS)) == ProvedPerson("nina@northwind.example", "Nina", frozenset({"g-marketing"}))


@pytest.mark.parametrize(
    "more",
    [
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "another"], "azp": CLIENT},
        {"at_hash": half_hash(ACCESS_TOKEN)},
        {"email_verified": True},
        {"exp": NOW - timedelta(seconds=20)},
        {"iat": NOW + timedelta(seconds=20)},
    ],
    ids=lambda more: next(iter(more)),
)
def test_what_a_provider_may_say_as_well_is_fine(more: dict[str, Any]) -> None:
    assert proved(signed(CLAIMS | more)).name == "Nina"


def test_other_public_keys_are_fine() -> None:
    assert proved(signed(CLAIMS, CURVE, "ES256", "ec")).name == "Nina"


def test_an_access_token_is_held_against_the_hash_of_the_tokens_own_algorithm() -> None:
    claims = CLAIMS | {"at_hash": half_hash(ACCESS_TOKEN, "sha512")}
    assert proved(signed(claims, algorithm="RS512")).name == "Nina"


def test_groups_may_come_under_another_name_and_alone() -> None:
    claims = CLAIMS | {"roles": "g-one"}
    assert proved(signed(claims), RULES.model_copy(update={"groups_claim": "roles"})).groups == {"g-one"}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"iss": "https://evil.example"}, "iss"),
        ({"iss": ISSUER + "/"}, "iss"),
        ({"aud": "another-application"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": [CLIENT, "another"]}, "another application"),
        ({"azp": "another-application"}, "another application"),
        ({"nonce": "of another errand"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": NOW - timedelta(minutes=1)}, "expired"),
        ({"exp": None}, "exp"),
        ({"iat": NOW + timedelta(minutes=10)}, "future"),
        ({"iat": None}, "iat"),
        ({"nbf": NOW + timedelta(minutes=10)}, "not yet valid"),
        ({"sub": None}, "sub"),
        ({"at_hash": half_hash("another")}, "another access token"),
        ({"email": None}, "no mail address"),
        ({"email": 7}, "no mail address"),
        ({"email_verified": False}, "not verified"),
    ],
    ids=str,
)
def test_a_token_that_does_not_hold_proves_nobody(changes: dict[str, Any], why: str) -> None:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    with pytest.raises(SignInRefused, match=why):
        proved(signed(claims))


def public_key_as_secret() -> str:
    """The confusion of RFC 8725, 2.1: the public key, used as the secret of HS256."""
    public = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = {name: int(v.timestamp()) if isinstance(v, datetime) else v for name, v in CLAIMS.items()}
    parts = [{"alg": "HS256", "kid": "rsa"}, claims]
    told = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    proof = hmac.new(public, told, hashlib.sha256).digest()
    return (told + b"." + base64.urlsafe_b64encode(proof).rstrip(b"=")).decode()


@pytest.mark.parametrize(
    "forged",
    [
        lambda: signed(CLAIMS, OTHER_KEY),
        lambda: signed(CLAIMS, kid="unknown"),
        lambda: signed(CLAIMS, None, "none"),
        lambda: signed(CLAIMS)[:-8] + "AAAAAAAA",
        public_key_as_secret,
        lambda: "no token",
        lambda: "",
    ],
    ids=["self-made", "unknown key", "unsigned", "tampered", "public key as secret", "no token", "nothing"],
)
def test_a_forged_token_proves_nobody(forged: Callable[[], str]) -> None:
    with pytest.raises(SignInRefused):
        proved(forged())
