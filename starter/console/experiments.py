"""Experiments as pages: what is tried, what it shows so far in plots, and its start and stop."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from learning.experiments.report import Report, Result
from learning.experiments.verdict import Verdict, verdicts
from starter.console.page import Console, PageRoute, SignedIn
from starter.console.plots import Bar, Course, draw_bars, draw_course
from starter.experiments.running import Experiments, Viewed
from starter.identity.callers import Refusal, see_to
from starter.listings import PageNumber

router = APIRouter(prefix="/experiments", route_class=PageRoute)


@router.get("")
async def show_experiments(console: SignedIn, page: PageNumber = 1) -> HTMLResponse:
    """Experiments, those planned last first."""
    return await console.show("experiments.html", found=await Experiments(console.services).list(None, page))


@router.get("/{name}")
async def show_experiment(console: SignedIn, name: str) -> HTMLResponse:
    """One experiment: its plan, and what it shows."""
    return await _show(console, name)


@router.post("/{name}/{step}")
async def go_on(console: SignedIn, name: str, step: str) -> Response:
    """Start an experiment, or stop it."""
    fields = await console.form()
    await see_to(console.services, console.person, "experiments:write")
    experiments = Experiments(console.services)
    try:
        if step == "start":
            await experiments.start(name, console.person.email)
        else:
            await experiments.stop(name, console.person.email, fields.get("reason", "")[:1000])
    except Refusal as refusal:
        return await _show(console, name, refusal.status, str(refusal))
    return RedirectResponse(f"/experiments/{name}", 303)


async def _show(console: Console, name: str, status: int = 200, problem: str = "") -> HTMLResponse:
    viewed = await Experiments(console.services).view(name)
    return await console.show(
        "experiment.html",
        status,
        row=viewed.row,
        report=viewed.report,
        why_not=viewed.why_not,
        arms=_arms(viewed.report) if viewed.report else [],
        results=_results(viewed, viewed.report) if viewed.report else [],
        may=console.may("experiments:write"),
        problem=problem,
    )


def _arms(report: Report) -> list[dict[str, object]]:
    """Every arm with its share of the customers, beside the share it should have."""
    total, weights = sum(report.came) or 1, sum(report.weights)
    return [
        {
            "name": arm.name,
            "came": came,
            "count": arm.conversions.customers,
            "rate": arm.conversions.mean,
            "money": arm.money.mean,
            "share": came / total,
            "should": weight / weights,
        }
        for arm, came, weight in zip(report.arms, report.came, report.weights, strict=True)
    ]


def _results(viewed: Viewed, report: Report) -> list[dict[str, object]]:
    return [
        _result(result, verdict, draw_course(viewed.courses[result.arm]), viewed)
        for result, verdict in zip(report.results, verdicts(report), strict=True)
    ]


def _result(result: Result, verdict: Verdict, course: Course | None, viewed: Viewed) -> dict[str, object]:
    differences = [result.brought.rate.difference, *(each.inside.difference for each in result.segments)]
    bars: list[Bar] = draw_bars(differences)
    return {
        "told": result,
        "verdict": verdict,
        "course": course,
        "looks": viewed.courses[result.arm],
        "all": bars[0],
        "segments": list(zip(result.segments, bars[1:], strict=True)),
    }
