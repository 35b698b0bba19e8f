"""Whether the agent is believed where it is better, and only there: `python -m bench.proof --help`.

Simulated shoppers come into a journey that runs on a real Temporal server, by the real ingestion, dispatcher,
worker and store: half of them by a fixed choice, half by the agent, which learns every night from what they
bought. An experiment is planned before the start and concluded at its end. Only the shoppers are made up, and what
a choice makes of them: in one world tastes differ, in the other nothing matters.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from rich.progress import track
from sqlmodel import col, func, select

from activities.planning.learning import Learning
from bench.worlds import ORDER, WORLDS, World
from deciding.reporting import counted
from journeys.loader import load_journeys
from keys.customers import open_keys
from keys.installation import installation_secret
from learning.experiments.report import Report
from learning.experiments.verdict import Verdict, verdicts
from project.model import load_project
from settings import Settings
from starter.dispatch.dispatcher import Dispatcher
from starter.experiments.planning import PlanBody
from starter.experiments.running import Experiments
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Who
from starter.local.ports import free_ports
from starter.local.programs import LocalPartFailed
from starter.local.temporal_server import temporal_server
from starter.services import Services
from starter.temporal import connect
from store.database import Database
from store.migrate import migrate
from store.tables import Identity, PlannerDecision
from worker import running_worker
from workflows.ports import LearnRequest

_PROJECT = Path(__file__).parent / "season"
_WINDOW = timedelta(days=1)
_PATIENCE_SECONDS = 300


class WentWrong(Exception):
    """The season did not run, so there is nothing to report."""


@dataclass(frozen=True)
class Season:
    """One shop in one world."""

    services: Services
    ingestion: Ingestion
    draw: random.Random
    world: World

    async def run(self, nights: int, daily: int) -> Report:
        """Let so many shoppers come before each night, in which the agent learns; then conclude."""
        await self._begin()
        for night in track(range(nights), "nights", transient=True):
            young = {f"s{night}-{number}": self.draw.random() < 0.5 for number in range(daily)}
            await self.ingestion.accept([_opening(who, is_young) for who, is_young in young.items()])
            chosen = await self._chosen(list(young))
            bought = [who for who, option in chosen.items() if self.draw.random() < self.world(option, young[who])]
            orders = [_order(who) for who in bought]
            if orders:
                await self.ingestion.accept(orders)
            # The night is two days later, when nobody's time to buy is left.
            await Learning(self.services.database).learn(LearnRequest(now=_now() + 2 * _WINDOW))
        return await self._conclude()

    async def _begin(self) -> None:
        experiments = Experiments(self.services)
        plan = PlanBody(
            name="who-decides",
            journey="season",
            split="who-decides",
            window_days=_WINDOW.days,
            lift=1.0,
            rate=0.05,
            daily=100,
            guards=[],
        )
        await experiments.plan(plan, "strategy@northwind.example")
        await experiments.start("who-decides", "strategy@northwind.example")

    async def _chosen(self, shoppers: list[str]) -> dict[str, str]:
        """What was chosen for each, once it was for all. Raises WentWrong."""
        query = (
            select(Identity.value, PlannerDecision.option)
            .join(PlannerDecision, col(PlannerDecision.customer_id) == col(Identity.customer_id))
            .where(col(Identity.kind) == "user", col(Identity.value).in_(shoppers))
        )
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while True:
                    async with self.services.database.reading() as session:
                        found = dict((await session.exec(query)).all())
                    if len(found) == len(shoppers):
                        return found
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise WentWrong(f"not all of {len(shoppers)} shoppers were decided about in time") from None

    async def _conclude(self) -> Report:
        """As if the planned week, and the window after it, were over."""
        row = await Experiments(self.services).get("who-decides")
        async with self.services.database.reading() as session:
            decided = (await session.exec(select(func.count()).select_from(PlannerDecision))).one()
            report = (await counted(session, row, _now() + timedelta(weeks=1) + _WINDOW)).report()
        if sum(report.came) != decided:
            raise WentWrong(f"{decided} shoppers were decided about, and {sum(report.came)} are in the report")
        return report


@asynccontextmanager
async def season(world: World, seed: int) -> AsyncGenerator[Season]:
    """A shop of its own for a world: server, worker and store. Raises LocalPartFailed."""
    port, ui_port = free_ports(2)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        settings = Settings(project_dir=_PROJECT, state_dir=folder, temporal_address=f"127.0.0.1:{port}")
        keys = await stack.enter_async_context(open_keys(settings))
        await stack.enter_async_context(temporal_server(settings, keys, ui_port, persistent=False))
        database = Database(settings.database)
        stack.push_async_callback(database.close)
        await migrate(database)
        services = Services(
            settings=settings,
            project=load_project(settings),
            journeys=load_journeys(_PROJECT / "journeys"),
            database=database,
            temporal=await connect(settings, keys),
            secret=installation_secret(settings),
        )
        await stack.enter_async_context(running_worker(services.temporal, settings))
        dispatcher = Dispatcher(services)
        dispatching = asyncio.create_task(dispatcher.run())
        stack.callback(dispatching.cancel)
        yield Season(services, Ingestion(database, [], dispatcher.wake), random.Random(seed), world)


def _opening(who: str, young: bool) -> Incoming:
    return Incoming(f"o-{who}", "Season Opened", Who(who), _now(), {"young": young})


def _order(who: str) -> Incoming:
    return Incoming(f"b-{who}", "Order Completed", Who(who), _now(), {"total": ORDER, "order_id": f"b-{who}"})


def _now() -> datetime:
    return datetime.now(UTC)


def show(reports: dict[str, Report]) -> bool:
    """Print what each report says; whether every one says what is true."""
    right = True
    for name, report in reports.items():
        verdict, (_, true) = _verdict(report), WORLDS[name]
        brought = report.results[0].brought
        rate, money = brought.rate.difference.times(100), brought.money
        print(f"\n{name}: {sum(report.came):,} shoppers, by {report.method}")
        for arm in report.arms:
            print(f"  {arm.name:<11} {arm.conversions.mean:.1%} bought")
        print(f"  difference  {rate.estimate:+.1f} points ({rate.low:+.1f} to {rate.high:+.1f})")
        print(f"  money more  {money.estimate:+,.0f} ({money.low:+,.0f} to {money.high:+,.0f})")
        print(f"  the report  {verdict.kind}; true is: {true}")
        right = right and verdict.kind == true
    return right


def _verdict(report: Report) -> Verdict:
    return verdicts(report)[0]


async def prove(nights: int, daily: int, seed: int) -> dict[str, Report]:
    """A season in every world."""
    reports: dict[str, Report] = {}
    for name, (world, _) in WORLDS.items():
        async with season(world, seed) as shop:
            reports[name] = await shop.run(nights, daily)
    return reports


def main() -> None:
    """Run a season in both worlds, and end with 1 unless both reports say what is true."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.proof",
        description="Let an agent and a fixed journey serve simulated shoppers, and see what the report says.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--nights", type=int, default=20, help="how often the agent learns")
    parser.add_argument("--daily", type=int, default=100, help="shoppers who come before each night")
    parser.add_argument("--seed", type=int, default=1, help="of the shoppers")
    given = parser.parse_args()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            reports = runner.run(prove(given.nights, given.daily, given.seed))
    except (LocalPartFailed, WentWrong) as failure:
        sys.exit(f"Nothing was proved: {failure}")
    sys.exit(0 if show(reports) else 1)


if __name__ == "__main__":
    main()
