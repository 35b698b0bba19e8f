"""Standing grants as a page: what leaves without a person, by whose word, how much of it is left, and its end."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from starter.approvals.grants import Grants
from starter.console.page import PageRoute, SignedIn
from starter.identity.callers import see_to

router = APIRouter(prefix="/approvals/grants", route_class=PageRoute)


@router.get("")
async def show_grants(
    console: SignedIn,
    show: Literal["lasting", "over"] = "lasting",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> HTMLResponse:
    """The grants that last, or those that are over, the latest first."""
    found = await Grants(console.services).list(over=show == "over", number=page)
    may_end = console.person.groups if console.may("approvals:decide") else ()
    return await console.show("grants.html", found=found, show=show, may_end=may_end)


@router.post("/{grant_id}/end")
async def end_grant(console: SignedIn, grant_id: str) -> Response:
    """End a grant at once."""
    await console.form()
    await see_to(console.services, console.person, "approvals:decide")
    await Grants(console.services).revoke(grant_id, console.person)
    return RedirectResponse("/approvals/grants?show=over", 303)
