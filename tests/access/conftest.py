"""A shop whose people sign in at an OpenID provider, and that provider: real HTTP, real keys, as strict as one."""

import base64
import hashlib
import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlencode, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from project.access import Group, SignIn
from sandbox.http_server import serving
from starter.app import create_app
from starter.services import Services
from store.database import Database
from tests import seeding

SITE = "http://sojourn.test"
REDIRECT = "http://127.0.0.1:8080/sign-in/answer"
CLIENT, CLIENT_SECRET = "sojourn", "a secret: with/odd+characters"
GROUPS = {
    "marketing": Group(roles=("approver",), members_of=("g-marketing",)),
    "privacy": Group(roles=("privacy_officer",), members_of=("g-data-protection",)),
    "support": Group(roles=("ops",)),
}
NINA = {"sub": "u-1", "email": "Nina@northwind.example", "name": "Nina", "groups": ["g-marketing", "g-chess"]}

KEY, OTHER_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))

Twist = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class _Code:
    challenge: str
    nonce: str
    ends: datetime


@dataclass
class Provider:
    """An OpenID provider with one client. It refuses what RFC 6749, 7636 and OpenID Connect Core refuse."""

    issuer: str
    user: dict[str, Any] = field(default_factory=lambda: dict(NINA))
    key: rsa.RSAPrivateKey = KEY
    key_id: str = "k1"
    published: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict[str, rsa.RSAPrivateKey])
    twist: Twist = lambda _claims: None
    """Changes an id token before it is signed, for a provider that lies or was taken over."""
    codes: dict[str, _Code] = field(default_factory=dict[str, _Code])

    def __post_init__(self) -> None:
        self.published[self.key_id] = self.key

    def routes(self) -> list[Route]:
        return [
            Route("/.well-known/openid-configuration", self._configuration),
            Route("/keys", self._keys),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
        ]

    def rotate(self, key_id: str) -> None:
        """Sign with a new key from now on, and publish no other."""
        self.key, self.key_id = OTHER_KEY, key_id
        self.published = {key_id: self.key}

    async def _configuration(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def _keys(self, _: Request) -> Response:
        keys = []
        for key_id, key in self.published.items():
            numbers = key.public_key().public_numbers()
            keys.append(
                {"kty": "RSA", "use": "sig", "kid": key_id, "n": _number(numbers.n), "e": _number(numbers.e)}
            )
        return JSONResponse({"keys": keys})

    async def _authorize(self, request: Request) -> Response:
        """Whoever comes is `user`, already signed in here and content."""
        asked = request.query_params
        known = asked.get("client_id") == CLIENT and asked.get("redirect_uri") == REDIRECT
        proof = asked.get("code_challenge_method") == "S256" and len(asked.get("code_challenge", "")) == 43
        wanted = asked.get("response_type") == "code" and "openid" in asked.get("scope", "").split()
        if not (known and proof and wanted and asked.get("state") and asked.get("nonce")):
            return JSONResponse({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(24)
        ends = datetime.now(UTC) + timedelta(minutes=1)
        self.codes[code] = _Code(asked["code_challenge"], asked["nonce"], ends)
        back = urlencode({"code": code, "state": asked["state"], "iss": self.issuer})
        return RedirectResponse(f"{REDIRECT}?{back}", 302)

    async def _token(self, request: Request) -> Response:
        proof = base64.b64encode(f"{quote_plus(CLIENT)}:{quote_plus(CLIENT_SECRET)}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {proof}":
            return JSONResponse({"error": "invalid_client"}, 401, {"WWW-Authenticate": "Basic"})
        form = await request.form()
        code = self.codes.pop(str(form.get("code")), None)
        challenge = _base64(hashlib.sha256(str(form.get("code_verifier")).encode()).digest())
        granted = form.get("grant_type") == "authorization_code" and form.get("redirect_uri") == REDIRECT
        if not granted or code is None or code.ends < datetime.now(UTC) or code.challenge != challenge:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access_token = secrets.token_urlsafe(24)
        tokens = {"access_token": access_token, "token_type": "Bearer", "expires_in": 300}
        return JSONResponse({**tokens, "id_token": self._id_token(code.nonce, access_token)})

    def _id_token(self, nonce: str, access_token: str) -> str:
        now = datetime.now(UTC)
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + timedelta(minutes=5),
            "nonce": nonce,
            "at_hash": _base64(hashlib.sha256(access_token.encode()).digest()[:16]),
            **self.user,
        }
        self.twist(claims)
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": self.key_id})


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _base64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@pytest.fixture
async def provider() -> AsyncGenerator[Provider]:
    """The provider, listening on this machine."""
    app = Starlette()
    async with serving(app) as port:
        made = Provider(f"http://127.0.0.1:{port}")
        app.router.routes.extend(made.routes())
        yield made


@pytest.fixture
async def shop(sqlite_database: Database, provider: Provider) -> Services:
    """A shop whose Temporal server is down, and whose people sign in at `provider`."""
    services = await seeding.services(sqlite_database)
    rules = SignIn(issuer=provider.issuer, client_id=CLIENT, client_secret=CLIENT_SECRET)
    project = services.project.model_copy(update={"sign_in": rules, "groups": GROUPS})
    return services_with(services, project=project)


def services_with(services: Services, **changes: Any) -> Services:
    """Services with some parts changed, and nothing remembered."""
    given = {name: getattr(services, name) for name in Services.__dataclass_fields__}
    return Services(**given | changes)


@asynccontextmanager
async def browser_of(services: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser with no cookie yet, at every door of a shop."""
    doors = httpx.ASGITransport(create_app(services, dispatch=False))
    async with httpx.AsyncClient(transport=doors, base_url=SITE) as client:
        yield client


@pytest.fixture
async def browser(shop: Services) -> AsyncGenerator[httpx.AsyncClient]:
    """A browser at `shop`."""
    async with browser_of(shop) as client:
        yield client


async def come_back(browser: httpx.AsyncClient, to: str = "/") -> str:
    """Go to the provider and come back; gives the address of the answer, not asked for yet."""
    away = await browser.get("/sign-in/provider", params={"to": to})
    async with httpx.AsyncClient() as http:
        back = await http.get(away.headers["location"])
    return back.headers["location"].removeprefix("http://127.0.0.1:8080")


async def signs_in(browser: httpx.AsyncClient, to: str = "/") -> httpx.Response:
    """Sign in at the provider; gives what the console answers."""
    return await browser.get(await come_back(browser, to))


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
