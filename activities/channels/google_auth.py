"""Access tokens for Google's APIs, from a service account's key (OAuth 2.0 JWT bearer, RFC 7523)."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError, field_validator

from activities.channels.answers import STOPPED, Retry, asked_to_wait, failure
from activities.channels.http import describe, read_answer
from activities.channels.model import Refused, RetryLater

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE = timedelta(hours=1)
_MARGIN_SECONDS = 300


class ServiceAccount(BaseModel):
    """The parts we need of the JSON key that Google gives for a service account."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    project_id: str
    client_email: str
    private_key_id: str
    private_key: SecretStr
    token_uri: str

    @field_validator("private_key")
    @classmethod
    def _usable(cls, key: SecretStr) -> SecretStr:
        _rsa_key(key.get_secret_value())
        return key


@lru_cache(maxsize=64)
def _rsa_key(pem: str) -> RSAPrivateKey:
    """Kept, as reading a key proves its primes, which takes longer than a message does.

    Raises ValueError for what is no unencrypted RSA key.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ValueError("this is not an unencrypted private key in PEM form") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("this is not an RSA key, which Google's are")
    return key


def read_service_account(file: object) -> object:
    """The data in a key file. Raises ValueError when the file cannot be read."""
    if not isinstance(file, str | Path):
        return file
    try:
        return TypeAdapter(dict[str, Any]).validate_json(Path(file).read_bytes())
    except OSError as error:
        raise ValueError(f"cannot read the service account's key: {error.strerror}") from error
    except ValidationError as error:
        raise ValueError("the service account's key is not a JSON object") from error


class _Granted(BaseModel):
    access_token: str = Field(pattern=r"^[!-~]+$")
    expires_in: int


class _Denied(BaseModel):
    error: str
    error_description: str = ""


class AccessTokens:
    """Gives a token that is good for at least five more minutes, and asks Google for one at a time."""

    def __init__(self, account: ServiceAccount, scope: str, client: httpx.AsyncClient, prefix: str) -> None:
        self._account = account
        self._scope = scope
        self._client = client
        self._prefix = prefix
        """What error codes start with: the provider's name."""
        self._token = ""
        self._good_until = 0.0
        self._asking = asyncio.Lock()

    async def get(self) -> str:
        """A token. Raises RetryLater or Refused; nothing has been sent by then."""
        async with self._asking:
            if time.monotonic() >= self._good_until:
                answer = await self._ask()
                self._token = answer.access_token
                self._good_until = time.monotonic() + answer.expires_in - _MARGIN_SECONDS
            return self._token

    def forget(self, token: str) -> None:
        """Ask anew next time, unless another send has already replaced `token`."""
        if token == self._token:
            self._good_until = 0.0

    async def _ask(self) -> _Granted:
        form = {"grant_type": _GRANT, "assertion": self._assertion()}
        try:
            answer = await self._client.post(self._account.token_uri, data=form)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Refused(f"{self._prefix}.oauth", describe(error), "stop_channel") from error
        except httpx.HTTPError as error:
            raise RetryLater(f"{self._prefix}.oauth_unreachable", describe(error), everyone=True) from error
        if not answer.is_success:
            raise self._refusal(answer)
        granted = read_answer(_Granted, answer)
        if granted is None:
            raise RetryLater(f"{self._prefix}.oauth", "Google's answer has no usable token")
        return granted

    def _refusal(self, answer: httpx.Response) -> RetryLater | Refused:
        told = read_answer(_Denied, answer) or _Denied(error=f"HTTP {answer.status_code}")
        reason = f"{told.error}: {told.error_description}"
        later = answer.status_code == 429 or answer.is_server_error
        wait = asked_to_wait(answer.headers.get("Retry-After"))
        return failure(Retry() if later else STOPPED, f"{self._prefix}.oauth", reason, "", wait)

    def _assertion(self) -> str:
        now = datetime.now(UTC)
        claims = {
            "iss": self._account.client_email,
            "scope": self._scope,
            "aud": self._account.token_uri,
            "iat": now,
            "exp": now + _LIFE,
        }
        key = _rsa_key(self._account.private_key.get_secret_value())
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": self._account.private_key_id})
