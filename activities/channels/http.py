"""What providers with an HTTP API share: one client, and what a broken connection says about the message."""

import re
import ssl
from abc import ABC
from datetime import timedelta
from functools import cache, cached_property
from typing import Annotated, Any, ClassVar, TypeVar

import httpx
from pydantic import AfterValidator, BaseModel, Field, SecretStr, StringConstraints, ValidationError

from activities.channels.answers import asked_to_wait
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater, SendError

# Below the 15 s or more after which vendors close an idle connection: a request that meets a closing one
# would count as an unknown outcome.
_IDLE_SECONDS = 3

BaseUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$"), AfterValidator(lambda u: u.rstrip("/"))]
"""Where a vendor's API is, without a slash at the end."""


def _fits_a_header(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]+", token.get_secret_value()):
        raise ValueError("the token is empty or has characters that no token has")
    return token


HeaderSecret = Annotated[SecretStr, AfterValidator(_fits_a_header)]
"""A key or a token that signs in to a vendor's API."""

Answer = TypeVar("Answer", bound=BaseModel)


@cache
def _trusted(http2: bool) -> ssl.SSLContext:
    """Whose certificates are good; reading them takes 40 ms. Each HTTP has its own, as connections announce it."""
    return httpx.create_ssl_context()


class HttpProvider(Provider, ABC):
    """A provider that sends by POSTing to a vendor."""

    http2: ClassVar[bool] = False
    """Whether the vendor speaks HTTP/2 alone."""

    timeout_seconds: float = Field(default=10, gt=0, le=11)
    """How long a call may stall. A send makes two that can, together within the activity's 30 seconds."""

    @cached_property
    def client(self) -> httpx.AsyncClient:
        """The connections to this vendor, shared by all sends."""
        limits = httpx.Limits(max_connections=100, keepalive_expiry=_IDLE_SECONDS)
        short = self.timeout_seconds / 3
        timeout = httpx.Timeout(self.timeout_seconds, connect=short, pool=short)
        return httpx.AsyncClient(
            http1=not self.http2, http2=self.http2, verify=_trusted(self.http2), timeout=timeout, limits=limits
        )

    async def close(self) -> None:
        """Close the connections to the vendor."""
        await self.client.aclose()

    async def post(self, url: str, headers: dict[str, str], **body: Any) -> httpx.Response:
        """POST the message, whose body is httpx's `json`, `data` or `content`, and give the answer, whatever
        its status.

        Raises RetryLater when the vendor was not reached, Refused when the request cannot be made at all,
        and OutcomeUnknown when the connection failed after the message may have been handed over.
        """
        name = self.provider
        try:
            return await self.client.post(url, headers=headers, **body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise RetryLater(f"{name}.unreachable", describe(error), everyone=True) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise Refused(f"{name}.bad_request", describe(error), "fix_configuration") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"{name}.no_answer", describe(error)) from error

    async def ask(self, url: str, headers: dict[str, str], **params: str) -> httpx.Response:
        """GET something that changes nothing, and give the answer, which says yes. Raises RetryLater when there
        is none, and Refused when the vendor does not let this account ask."""
        try:
            answer = await self.client.get(url, headers=headers, params=params)
        except httpx.HTTPError as error:
            raise RetryLater(f"{self.provider}.unreachable", describe(error)) from error
        code = f"{self.provider}.http_{answer.status_code}"
        if answer.status_code in (429, *range(500, 600)):
            raise RetryLater(code, "it cannot be asked now", asked_to_wait(answer.headers.get("Retry-After")))
        if not answer.is_success:
            raise Refused(code, "this account may not ask what was sent", "fix_configuration")
        return answer

    def unexplained(self, answer: httpx.Response, code: str, reason: str) -> SendError:
        """The error for an answer that the vendor's table does not have: a new code, a gateway, a wrong URL."""
        code, reason = f"{self.provider}.{code}", f"HTTP {answer.status_code} {reason}".rstrip()
        if answer.status_code in (429, 503):
            wait = asked_to_wait(answer.headers.get("Retry-After"))
            return RetryLater(code, reason, timedelta(minutes=1) if wait is None else wait, everyone=True)
        if answer.is_success or answer.is_server_error:
            return OutcomeUnknown(code, reason)
        return Refused(code, reason, "fix_configuration")


def bearer(token: str) -> dict[str, str]:
    """The header that signs in with a token."""
    return {"Authorization": f"Bearer {token}"}


def read_answer(kind: type[Answer], answer: httpx.Response) -> Answer | None:
    """The body of an answer as `kind`; None when it is something else."""
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError:
        return None


def describe(error: Exception) -> str:
    """An exception in a few words; some of httpx's have no text of their own."""
    return f"{type(error).__name__}: {error}".rstrip(": ")
