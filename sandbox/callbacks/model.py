"""What a vendor that calls back is, and the message it calls about."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import httpx

_PATIENCE_S = 30.0


@dataclass(frozen=True)
class About:
    """The message that is told of: the sender's id for it, the vendor's, and its recipient. `at` is UTC."""

    delivery_id: str
    vendor_id: str
    recipient: str
    at: datetime


@dataclass(frozen=True)
class Signed:
    """A call, ready to be made."""

    headers: dict[str, str]
    body: bytes


class Caller(ABC):
    """One vendor that calls back."""

    vendor: ClassVar[str]
    tells: ClassVar[tuple[str, ...]]
    """What it can tell of a message, in the words of `tell`."""

    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """What whoever is called needs in order to prove the calls."""

    @abstractmethod
    def call(self, url: str, what: str, about: About) -> Signed:
        """The call to `url` that tells one of `tells`. Raises KeyError for what the vendor never tells."""


async def tell(caller: Caller, url: str, what: str, about: About) -> httpx.Response:
    """Call `url` as the vendor would, and give the answer. Only this machine is ever called."""
    signed = caller.call(url, what, about)
    if httpx.URL(url).host != "127.0.0.1":
        raise ValueError(f"the sandbox calls nobody but this machine: {url}")
    async with httpx.AsyncClient(timeout=_PATIENCE_S) as client:
        return await client.post(url, headers=signed.headers, content=signed.body)
