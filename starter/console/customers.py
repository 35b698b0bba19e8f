"""Customers as pages: found by any id, with everything that is known and happened in one place, and why."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from starter.console.page import Console, PageRoute, Problem, SignedIn
from starter.customers.dossiers import Dossiers, SummaryList
from starter.customers.erasing import erase
from starter.customers.explaining import Explainer
from starter.identity.callers import see_to
from starter.listings import PageNumber

router = APIRouter(prefix="/customers", route_class=PageRoute)


@router.get("")
async def show_customers(console: SignedIn, page: PageNumber = 1) -> HTMLResponse:
    """Customers, the newest first."""
    return await _list(console, await Dossiers(console.services).list("", page))


@router.post("/search")
async def search(console: SignedIn) -> Response:
    """Whoever is known by an id or address. A form that is posted: addresses stay out of the logs of proxies."""
    named = (await console.form()).get("named", "").strip()
    found = await Dossiers(console.services).list(named, 1)
    if named and len(found.customers) == 1:
        return RedirectResponse(f"/customers/{quote(found.customers[0].id, safe='')}", 303)
    return await _list(console, found, named)


@router.get("/{customer_id}")
async def show_customer(
    console: SignedIn,
    customer_id: str,
    show: Literal["happened", "why", "known"] = "happened",
    page: Annotated[int, Query(ge=1, le=200)] = 1,
) -> HTMLResponse:
    """One customer: what happened, why something did not, or everything that is known."""
    dossiers = Dossiers(console.services)
    return await console.show(
        "customer.html",
        profile=await dossiers.profile(customer_id),
        show=show,
        timeline=await dossiers.timeline(customer_id, page) if show == "happened" else None,
        explanation=await Explainer(console.services).explain(customer_id) if show == "why" else None,
        may_erase=console.may("customers:erase"),
    )


@router.post("/{customer_id}/erase")
async def erase_customer(console: SignedIn, customer_id: str) -> Response:
    """Begin an erasure, confirmed by the customer's id."""
    fields = await console.form()
    await see_to(console.services, console.person, "customers:erase")
    if fields.get("confirm", "").strip() != customer_id:
        raise Problem(409, "Nothing was erased", "What you typed is not the customer's id. Go back and try again.")
    await erase(console.services, customer_id, console.person, suppress="suppress" in fields)
    return await console.show("erased.html", customer_id=customer_id)


async def _list(console: Console, found: SummaryList, named: str = "") -> HTMLResponse:
    return await console.show("customers.html", found=found, named=named)
