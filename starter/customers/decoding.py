"""The codec endpoint: shows what runs were told in the Temporal UI, to whoever may see it.

The protocol is that of Temporal's remote codecs (https://docs.temporal.io/remote-data-encoding): `/decode` takes
payloads as JSON and gives them back decrypted. There is no `/encode`: what someone types into the UI would belong
to no customer, and so outlive each.
"""

import hmac
import json
from typing import Annotated

from cryptography.exceptions import InvalidTag
from fastapi import APIRouter, Depends, Request, Response
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.converter import PayloadCodec

from keys.codec import CustomerErased
from starter.console.page import COOKIE
from starter.identity.callers import Forbidden, see_to
from starter.identity.people import Sessions, person_with_token
from starter.ingestion.bodies import UnreadableBody, read_body
from starter.services import Services, Shared

router = APIRouter(prefix="/codec", include_in_schema=False)

_LARGEST = 16 * 1024 * 1024
_ERASED = "erased: the customer's key was destroyed"
_BROKEN = "unreadable: the payload was changed"
_ASK_FIRST = {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Namespace",
    "Access-Control-Max-Age": "600",
}


def _from_the_ui(services: Shared) -> dict[str, str]:
    """The headers by which a browser lets the Temporal UI, and no other site, read the answer."""
    origin = services.settings.temporal_ui_url.rstrip("/")
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Cache-Control": "no-store",
        "Vary": "Origin",
    }


_Headers = Annotated[dict[str, str], Depends(_from_the_ui)]


@router.options("/decode")
@router.options("/{token}/decode")
async def may_ask(headers: _Headers) -> Response:
    """Answer a browser that asks whether it may ask."""
    return Response(status_code=204, headers=headers | _ASK_FIRST)


@router.post("/decode")
async def decode(request: Request, services: Shared, headers: _Headers) -> Response:
    """Decrypt for a person, known by the console's cookie or by their token."""
    person = Sessions(services.project, services.secret).read(request.cookies.get(COOKIE, ""))
    _, _, token = request.headers.get("authorization", "").partition(" ")
    asking = person.person if person else person_with_token(services.project, token.strip())
    if asking is None:
        await services.attempts.refused("payloads:read", "nobody known", request=request)
        return Response("Sign in to the console first, or send your token.", 401, headers)
    try:
        await see_to(services, asking, "payloads:read")
    except Forbidden as refusal:
        return Response(str(refusal), refusal.status, headers)
    return await _decoded(request, services, headers)


@router.post("/{token}/decode")
async def decode_for_the_local_ui(token: str, request: Request, services: Shared, headers: _Headers) -> Response:
    """Decrypt for the Temporal UI that `sojourn dev` runs on this machine, and that was told the token."""
    expected = services.settings.codec_token
    if not expected or not hmac.compare_digest(token.encode(), expected.encode()):
        await services.attempts.refused(
            "payloads:read", "a token of the Temporal UI that is wrong", request=request
        )
        return Response("This address is not right.", 401, headers)
    return await _decoded(request, services, headers)


async def _decoded(request: Request, services: Services, headers: dict[str, str]) -> Response:
    try:
        given = json_format.Parse(await read_body(request, _LARGEST), Payloads())
    except (json_format.ParseError, UnreadableBody, UnicodeDecodeError) as error:
        return Response(f"These are no payloads: {error}", 400, headers)
    codec = services.temporal.data_converter.payload_codec
    shown = [await _readable(codec, payload) for payload in given.payloads] if codec else given.payloads
    body = json_format.MessageToJson(Payloads(payloads=shown), indent=None)
    return Response(body, headers=headers, media_type="application/json")


async def _readable(codec: PayloadCodec, payload: Payload) -> Payload:
    """A payload to look at. What cannot be read says why in its place, so that the rest still shows."""
    try:
        return (await codec.decode([payload]))[0]
    except CustomerErased:
        return _words(_ERASED)
    except (InvalidTag, KeyError):
        return _words(_BROKEN)


def _words(text: str) -> Payload:
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(text).encode())
