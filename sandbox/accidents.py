"""How an HTTP vendor has an accident: everything that is not an answer in its own words."""

from collections.abc import AsyncGenerator, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from sandbox.faults import ACCIDENTS, Fault, Faults
from sandbox.http_server import break_connection


async def instead_of_yes(
    fault: Fault | None,
    request: Request,
    faults: Faults,
    take: Callable[[], object],
    refused: Callable[[Fault], Response],
) -> Response | None:
    """What a sender gets for a fault, or None where there is none and the vendor says yes.

    `take` accepts the message, where an accident comes after that; `refused` says a fault in the vendor's words.
    """
    if fault is None:
        return None
    if fault.answer in ACCIDENTS:
        return await _happen(str(fault.answer), request, faults, take)
    return refused(fault)


def wait_header(retry_after: int | None) -> dict[str, str]:
    """The header that says how many seconds to wait, where a fault says so."""
    return {} if retry_after is None else {"Retry-After": str(retry_after)}


async def _happen(accident: str, request: Request, faults: Faults, take: Callable[[], object]) -> Response:
    if accident == "gateway":
        return HTMLResponse("<h1>502 Bad Gateway</h1>", 502)
    if not accident.endswith("_early"):
        take()
    if accident.startswith("slow"):
        await faults.stall()
    if accident.startswith("drop"):
        break_connection(request)
    if accident == "half":
        return StreamingResponse(_half(request), media_type="application/json")
    return JSONResponse({})


async def _half(request: Request) -> AsyncGenerator[bytes]:
    yield b'{"na'
    break_connection(request)
