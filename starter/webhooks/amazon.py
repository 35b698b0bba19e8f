"""What is fetched from Amazon when SNS names an address: only from Amazon's own hosts, and little of it."""

import re
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

import httpx
from cryptography import x509

_HOST = re.compile(r"sns\.[a-z0-9-]{3,}\.amazonaws\.com(\.cn)?")
_MOST_BYTES = 64 * 1024
_SECONDS = 5.0
_MOST_KEPT = 20


class NotAmazon(Exception):
    """An address is not one of SNS, or what stands there is not what it should be."""


class Amazon:
    """Fetches what SNS names. `local_service` is where a sandbox on this machine plays Amazon, or empty."""

    def __init__(self, local_service: str) -> None:
        self._local_service = local_service
        self._certificates: dict[str, x509.Certificate] = {}

    async def certificate(self, url: str, now: datetime) -> x509.Certificate:
        """The certificate at an address, which Amazon's TLS vouches for. It is fetched once.

        Raises NotAmazon, for one that is not good at `now` as well.
        """
        if not self._trusted(url).path.endswith(".pem"):
            raise NotAmazon("SigningCertURL is not the address of a certificate")
        certificate = self._certificates.get(url)
        if certificate is None:
            try:
                certificate = x509.load_pem_x509_certificate(await self.fetch(url))
            except (ValueError, httpx.HTTPError) as error:
                raise NotAmazon(f"the certificate could not be had: {error}") from error
            if len(self._certificates) < _MOST_KEPT:
                self._certificates[url] = certificate
        if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            raise NotAmazon("the certificate is not good at this time")
        return certificate

    async def fetch(self, url: str) -> bytes:
        """What stands at an address of SNS. Raises NotAmazon, and httpx.HTTPError when it cannot be had."""
        self._trusted(url)
        async with (
            httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False) as client,
            client.stream("GET", url) as answer,
        ):
            answer.raise_for_status()
            body = bytearray()
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) > _MOST_BYTES:
                    raise NotAmazon("the answer is too long")
            return bytes(body)

    def _trusted(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise NotAmazon("this is no address") from error
        if self._local_service and f"{parts.scheme}://{parts.netloc}" == self._local_service:
            return parts
        if parts.scheme != "https" or not _HOST.fullmatch(parts.netloc):
            raise NotAmazon("the address is not at Amazon's SNS")
        return parts
