"""The addresses that vendors call: the body is bounded, proved, read and kept, and only then answered."""

import hmac
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from starter.ingestion.acceptance import Ingestion
from starter.ingestion.bodies import UnreadableBody, read_body
from starter.ingestion.pressure import NotAccepted
from starter.services import Services, services_of
from starter.webhooks.model import Again, Call, Report, Stale, Unknown, Unreadable, Unwelcome, Vendor
from starter.webhooks.reception import Reception
from starter.webhooks.registry import load_vendors, path_of

LARGEST_CALL = 3 * 1024 * 1024
"""Bytes; Meta's batches are the largest, with up to 3 MB."""
_AGAIN_SECONDS = 5

_log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Webhooks:
    """The vendors that may call this application, by name, and where their reports go."""

    vendors: Mapping[str, Vendor]
    reception: Reception


def mount(app: FastAPI, services: Services, ingestion: Ingestion) -> Webhooks:
    """Open the doors. Raises yamlfile.FileProblems when the project's `webhooks` have problems."""
    vendors = load_vendors(services.project.webhooks, services.settings.project_dir / "sojourn.yaml")
    webhooks = Webhooks(vendors, Reception(services.database, ingestion))
    app.state.webhooks = webhooks
    app.include_router(router)
    return webhooks


@router.get("/webhooks/{name}/{key}")
async def prove(name: str, key: str, request: Request) -> Response:
    """Answer a vendor that checks the address."""
    vendor = _vendor(request)
    answer = vendor.challenge(request.query_params) if vendor else None
    return Response(answer, media_type="text/plain") if answer is not None else Response(status_code=404)


@router.post("/webhooks/{name}/{key}")
async def take(name: str, key: str, request: Request) -> Response:
    """Take in one call. Who is not the vendor learns nothing; a vendor hears `200` once all of it is durable."""
    vendor, reception = _vendor(request), _webhooks(request).reception
    if vendor is None:
        await services_of(request).attempts.refused("webhook", "an address that is none of ours")
        return Response(status_code=404)
    try:
        call = await _call(request)
        await vendor.verify(call)
        await vendor.settle(call)
        await reception.take(vendor, _read(vendor, call), call.received_at)
    except UnreadableBody:
        reception.count(vendor.vendor, "refused: too large")
        return Response(status_code=413)
    except (NotAccepted, Again) as error:
        _log.warning("a call of %s has to come again: %s", vendor.vendor, error)
        return Response(status_code=503, headers={"Retry-After": str(_AGAIN_SECONDS)})
    except Unwelcome as error:
        why = "stale" if isinstance(error, Stale) else "not proved"
        reception.count(vendor.vendor, f"refused: {why}")
        # Without the caller, so that a flood from many places is one entry a minute.
        await services_of(request).attempts.refused(f"webhook:{vendor.vendor}", why)
        _log.warning("a call in the name of %s was refused: %s", vendor.vendor, error)
        return Response(status_code=403)
    reception.count(vendor.vendor, "calls")
    body, content_type = vendor.answer
    return Response(body, media_type=content_type)


def _read(vendor: Vendor, call: Call) -> Sequence[Report | Unknown]:
    """What the call says. One that cannot be read is kept whole for a person: sent again it would be the same."""
    try:
        return vendor.read(call)
    except Unreadable as error:
        return [Unknown(str(error), raw=call.body.decode(errors="replace"))]


async def _call(request: Request) -> Call:
    """The request as the vendor made it. Its public address is set, as a proxy's headers could be anyone's."""
    public = services_of(request).settings.public_url.rstrip("/")
    query = f"?{request.url.query}" if request.url.query else ""
    return Call(
        url=f"{public}{request.url.path}{query}",
        headers=dict(request.headers.items()),
        body=await read_body(request, LARGEST_CALL),
        received_at=datetime.now(UTC),
    )


def _vendor(request: Request) -> Vendor | None:
    """The vendor whose address this is, key and all; None for everybody who guesses."""
    name = str(request.path_params["name"])
    right = path_of(name, services_of(request).secret).encode()
    known = _webhooks(request).vendors.get(name)
    return known if hmac.compare_digest(request.url.path.encode(), right) else None


def _webhooks(request: Request) -> Webhooks:
    return cast(Webhooks, request.app.state.webhooks)
