"""Proves the signatures of requests to AWS (Signature Version 4), as AWS does."""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request,"
    r" ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)
_SKEW = timedelta(minutes=15)


@dataclass(frozen=True)
class AwsKey:
    """An access key."""

    id: str
    secret: str


def why_not_signed(request: Request, body: bytes, key: AwsKey, service: str, region: str) -> str:
    """The error with which AWS refuses a request, or empty for one that is signed by the key's owner."""
    if "Authorization" not in request.headers:
        return "MissingAuthenticationToken"
    found = _AUTHORIZATION.fullmatch(request.headers["Authorization"])
    if found is None:
        return "IncompleteSignature"
    key_id, day, for_region, for_service, signed, signature = found.groups()
    if key_id != key.id:
        return "UnrecognizedClientException"
    date = request.headers.get("X-Amz-Date", "")
    if (for_region, for_service) != (region, service) or not date.startswith(day):
        return "SignatureDoesNotMatch"
    signer = _signer(key, service, region)
    if not secrets.compare_digest(_signature(signer, request, body, signed.split(";"), date), signature):
        return "SignatureDoesNotMatch"
    at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return "" if abs(datetime.now(UTC) - at) < _SKEW else "InvalidSignatureException"


def _signer(key: AwsKey, service: str, region: str) -> Any:
    from botocore.auth import SigV4Auth
    from botocore.credentials import Credentials

    return SigV4Auth(Credentials(key.id, key.secret), service, region)


def _signature(signer: Any, request: Request, body: bytes, signed: list[str], date: str) -> str:
    """What the owner of the key would have written over these headers of the request."""
    from botocore.awsrequest import AWSRequest

    headers = {name: request.headers.get(name, "") for name in signed if name != "host"}
    same: Any = AWSRequest(method=request.method, url=str(request.url), data=body, headers=headers)
    same.context["timestamp"] = date
    return signer.signature(signer.string_to_sign(same, signer.canonical_request(same)), same)
