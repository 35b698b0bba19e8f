"""How an HTTP vendor has an accident: everything that is not an answer in its own words."""

from collections.abc import AsyncGenerator, Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from sandbox.faults import Faults
from sandbox.http_server import break_connection


async def happen(accident: str, request: Request, faults: Faults, take: Callable[[], object]) -> Response:
    """Let one of `faults.ACCIDENTS` happen. `take` accepts the message, where the accident comes after that."""
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
