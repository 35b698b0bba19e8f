"""Faults asked for over HTTP, while a project runs: `POST /faults`, and `DELETE /faults` to end them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.faults import ACCIDENTS, Faults


class FaultRequest(BaseModel):
    """What is asked for. With a `recipient` it is about their next `times` messages, else about a `share` of all,
    drawn by `seed`, from `after` seconds on and for `seconds`."""

    model_config = ConfigDict(extra="forbid")

    answers: Annotated[tuple[int | str, ...], Field(min_length=1)]
    """HTTP statuses, the vendor's own codes, or accidents."""
    recipient: str = ""
    times: int | None = Field(default=1, ge=1)
    share: float = Field(default=1, gt=0, le=1)
    seed: int = 0
    after: float = Field(default=0, ge=0)
    seconds: float = Field(default=60, gt=0)
    retry_after: int | None = Field(default=None, ge=0)


def fault_routes(faults: Faults) -> list[Route]:
    """Where faults are asked for."""

    async def ask(request: Request) -> Response:
        """POST /faults"""
        try:
            asked = FaultRequest.model_validate_json(await request.body())
        except ValidationError as error:
            problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            return JSONResponse({"problems": problems, "accidents": ACCIDENTS}, 400)
        for answer in asked.answers if asked.recipient else ():
            faults.add(recipient=asked.recipient, answer=answer, times=asked.times, retry_after=asked.retry_after)
        if not asked.recipient:
            faults.storm(
                *asked.answers,
                share=asked.share,
                seed=asked.seed,
                after=asked.after,
                seconds=asked.seconds,
                retry_after=asked.retry_after,
            )
        return Response(status_code=204)

    async def clear(request: Request) -> Response:
        """DELETE /faults"""
        faults.clear()
        return Response(status_code=204)

    return [Route("/faults", ask, methods=["POST"]), Route("/faults", clear, methods=["DELETE"])]
