"""What a provider publishes of itself: its endpoints and its keys (OpenID Connect Discovery 1.0, RFC 7517)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ValidationError

_KEYS_STAY = timedelta(hours=1)
_LOOK_AGAIN = timedelta(seconds=30)
"""How soon an unknown key makes us look again: forgers must not make us flood the provider."""
_ANSWER_WITHIN = 10.0


class ProviderUnavailable(Exception):
    """The provider does not answer, or not as an OpenID provider. Signing in may work later."""


class Endpoints(BaseModel):
    """The part of a provider's metadata that signing in needs."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False
    """Whether its answers name the issuer, so that one without it is not the provider's (RFC 9207)."""


@dataclass(frozen=True)
class Published:
    """What a provider told of itself, and when (UTC)."""

    endpoints: Endpoints
    keys: KeySet
    at: datetime

    def has_key(self, key_id: str) -> bool:
        return any(key.kid == key_id for key in self.keys)


class Publication:
    """Remembers what a provider publishes, and looks again when that is old or lacks a key."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._known: Published | None = None
        self._looking = asyncio.Lock()

    async def read(self, now: datetime, key_id: str | None = None) -> Published:
        """What the provider publishes. Raises ProviderUnavailable."""
        async with self._looking:
            known = self._known
            if known is None or _is_old(known, now, key_id):
                self._known = known = await self._look(now)
            return known

    async def _look(self, now: datetime) -> Published:
        address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            endpoints = Endpoints.model_validate(read_object(await ask("GET", address)))
            if endpoints.issuer != self._issuer:
                raise ProviderUnavailable(f"{address} is of another issuer, {endpoints.issuer}.")
            keys = KeySet.import_key_set(cast(Any, read_object(await ask("GET", endpoints.jwks_uri))))
        except (ValidationError, JoseError, KeyError) as error:
            raise ProviderUnavailable(f"{address} does not describe an OpenID provider.") from error
        return Published(endpoints, keys, now)


async def ask(method: str, url: str, **given: Any) -> httpx.Response:
    """An answer of the provider; redirects are not followed. Raises ProviderUnavailable."""
    try:
        async with httpx.AsyncClient(timeout=_ANSWER_WITHIN) as http:
            answer = await http.request(method, url, headers={"Accept": "application/json"}, **given)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ProviderUnavailable(f"{url} does not answer.") from error
    if answer.status_code >= 500:
        raise ProviderUnavailable(f"{url} answers with {answer.status_code}.")
    return answer


def read_object(answer: httpx.Response) -> dict[str, Any]:
    """The JSON object of an answer. Raises ProviderUnavailable."""
    try:
        body: object = answer.json()
    except ValueError as error:
        raise ProviderUnavailable(f"{answer.url} does not answer with JSON.") from error
    if not isinstance(body, dict):
        raise ProviderUnavailable(f"{answer.url} does not answer with a JSON object.")
    return cast(dict[str, Any], body)


def _is_old(known: Published, now: datetime, key_id: str | None) -> bool:
    age = now - known.at
    return age >= _KEYS_STAY or (key_id is not None and not known.has_key(key_id) and age >= _LOOK_AGAIN)
