"""The composition root: puts the parts of one project together and runs them as a Temporal worker."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.alerting import Alerts, load_alerts
from activities.asking.acting import Acting
from activities.asking.editing import Editing
from activities.asking.editing_actions import EditingActions
from activities.asking.foretelling_actions import ForetellingActions
from activities.asking.notifying import Notifying
from activities.asking.permission import Permission
from activities.asking.questions import Questions
from activities.broadcasting import Broadcasting
from activities.channels.model import Provider
from activities.channels.registry import load_providers
from activities.channels.traffic import Traffic
from activities.delivering.alarm import Alarm
from activities.delivering.composing import Composer
from activities.delivering.deliver import Delivering
from activities.delivering.facts import Gathering
from activities.delivering.foretelling import Foretelling
from activities.delivering.guard import Guard
from activities.delivering.judging import Judging
from activities.delivering.ordering import Ordering
from activities.delivering.reconciling import Reconciling
from activities.delivering.tracking import Tracker
from activities.erasing import Erasing
from activities.following import Following
from activities.live import Live
from activities.notes import Bookkeeping
from activities.perceiving import Perceiving
from activities.planning.advising import Advising
from activities.planning.assigning import Assigning
from activities.planning.deciding import Deciding
from activities.planning.fitting import Fitting
from activities.planning.language_model import LanguageModel, load_language_model
from activities.planning.learning import Learning
from activities.planning.masking import Mask
from activities.planning.refitting import Refitting
from activities.refused_updates import RefusedUpdates
from activities.requesting import Requesting
from activities.reviewing import Reviewing
from activities.tools.model import Tool
from activities.tools.registry import load_tools
from activities.watching.watch import Watching
from content.editing import EditRules
from content.library import Library, load_library
from content.links import LinkSigner
from deciding.checking import check_planners
from keys.installation import installation_secret
from policies.model import Policy
from policies.registry import load_policies
from project.model import Project, load_project
from settings import Settings
from store.database import Database
from store.migrate import migrate
from telemetry import collector_named, ship_spans
from workflows.broadcast import Broadcast
from workflows.erasing import EraseCustomer
from workflows.fitting import FitScores
from workflows.journey import CustomerJourney
from workflows.learning import LearnFromOutcomes
from workflows.review import ChangeReview
from workflows.watching import GuardrailWatch

WORKFLOWS = (
    CustomerJourney,
    Broadcast,
    EraseCustomer,
    FitScores,
    LearnFromOutcomes,
    GuardrailWatch,
    ChangeReview,
)
"""Every kind of workflow; each has a recorded history that replays."""
_BUILD = "sojourn-0.1.0"
"""Named, because the SDK otherwise hashes every loaded module at start."""
_GRACE = timedelta(seconds=25)
"""What a send under way has to finish in when the worker is told to stop."""


@dataclass(frozen=True)
class Parts:
    """What one project's activities are made of."""

    project: Project
    policies: Live[tuple[Policy, ...]]
    library: Library
    providers: dict[str, Provider]
    tools: dict[str, Tool]
    alerts: dict[str, Any]
    """The services by which each audience is told."""
    language_model: LanguageModel | None
    """Who is asked by planners that ask; None where nobody is."""

    async def close(self) -> None:
        for provider in self.providers.values():
            await provider.close()
        if self.language_model:
            await self.language_model.close()


def load_parts(settings: Settings, *, unapproved: bool = False) -> Parts:
    """Read a project folder. With `unapproved` content that nobody approved is used too, and no language model is
    asked: in rehearsals, where nothing leaves.

    Raises yamlfile.FileProblems with every problem at its line, and
    activities.planning.language_model.NotInstalled.
    """
    folder = settings.project_dir
    project = load_project(settings)
    library = load_library(folder, unapproved=unapproved, review=project.review)
    check_planners(folder, library.surfaces)
    return Parts(
        project=project,
        policies=Live(load_policies(folder / "policies.yaml")),
        library=library,
        providers=load_providers(project.channels, folder / "sojourn.yaml"),
        tools=load_tools(project.tools, folder / "sojourn.yaml"),
        alerts=load_alerts(project, folder / "sojourn.yaml"),
        language_model=None if unapproved else load_language_model(project.llm, folder / "sojourn.yaml"),
    )


def _composer(settings: Settings, parts: Parts, providers: dict[str, Provider]) -> Composer:
    """What makes the project's messages."""
    links, brand = LinkSigner(installation_secret(settings)), parts.project.brand
    tracker = Tracker(links, settings.public_url, parts.project.tracking)
    zone = parts.project.time_zone
    return Composer(providers, parts.library, links, brand, settings.public_url, tracker, zone)


def _bound(parts: Parts, database: Database) -> dict[str, Provider]:
    return {channel: provider.bind(database) for channel, provider in parts.providers.items()}


def make_foretelling(settings: Settings, database: Database, parts: Parts) -> Foretelling:
    """What tells beforehand what the project's policies would say of a message."""
    guard = Guard(_judging(settings, database, parts))
    return Foretelling(database, _composer(settings, parts, _bound(parts, database)), guard)


def make_foretelling_actions(settings: Settings, database: Database, parts: Parts) -> ForetellingActions:
    """What tells beforehand what the project's policies would say of a business action."""
    return ForetellingActions(database, parts.tools, Permission(_judging(settings, database, parts)))


def _judging(settings: Settings, database: Database, parts: Parts) -> Judging:
    gathering = Gathering(parts.project.time_zone, parts.project.brand.name)
    alarm = Alarm(Alerts(parts.alerts, database, settings.public_url))
    return Judging(parts.policies, gathering, Questions(parts.project.groups), alarm)


def _watching(settings: Settings, database: Database, parts: Parts) -> Watching:
    project, alerts = parts.project, Alerts(parts.alerts, database, settings.public_url)
    return Watching(
        database,
        project.guardrails,
        project.deciders,
        alerts,
        settings.public_url,
        lambda: parts.library.surfaces,
    )


def make_traffic(settings: Settings, database: Database, parts: Parts) -> Traffic:
    """What lets messages through to the project's channels."""
    return Traffic(database, parts.providers, Alerts(parts.alerts, database, settings.public_url))


def make_activities(
    settings: Settings, database: Database, parts: Parts, traffic: Traffic | None = None
) -> list[Callable[..., Any]]:
    """The activities of the project: one for each stub of `workflows/ports.py`. `traffic` is what goes on learning
    of the other workers; without it there are none."""
    providers, judging = _bound(parts, database), _judging(settings, database, parts)
    guard, permission = Guard(judging), Permission(judging)
    composer = _composer(settings, parts, providers)
    ordering = Ordering(database, providers)
    traffic = traffic or make_traffic(settings, database, parts)
    delivering = Delivering(database, composer, guard, traffic, ordering)
    rules = EditRules(parts.library, parts.project.content, parts.project.brand)
    requesting = Requesting(database)
    acting = Acting(database, parts.tools, permission)
    perceiving, bookkeeping = Perceiving(database), Bookkeeping(database)
    erasing, advising = Erasing(database), Advising(database, parts.language_model)
    watching = _watching(settings, database, parts)
    reviewing = Reviewing(database, Alerts(parts.alerts, database, settings.public_url), settings.public_url)
    return [
        delivering.deliver,
        Editing(database, composer, guard, rules).edit_message,
        EditingActions(database, parts.tools, permission).edit_action,
        acting.act,
        acting.ask,
        Deciding(database, Mask(composer, guard), advising, parts.project.rewards).decide,
        Assigning(database).assign,
        perceiving.perceive,
        perceiving.set_attributes,
        requesting.request_run,
        requesting.call_off_run,
        Broadcasting(database).broadcast,
        Learning(database).learn,
        Refitting(database).refit,
        bookkeeping.write_notes,
        bookkeeping.close_run,
        bookkeeping.move_run,
        erasing.end_runs,
        erasing.erase_customer,
        Fitting(database).fit_scores,
        watching.look_at_guardrails,
        watching.tell_of_guardrails,
        reviewing.tell_of_review,
        reviewing.settle_change,
    ]


def make_worker(
    client: Client,
    settings: Settings,
    database: Database,
    parts: Parts,
    runner: WorkflowRunner | None = None,
    traffic: Traffic | None = None,
    refused: RefusedUpdates | None = None,
) -> Worker:
    """A worker for the project; `refused` hears of what its runs refuse. Determinism is proved by lint, import
    contracts and the replay tests, so production runs without the workflow sandbox, which doubles its CPU; the
    tests run with it."""
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=WORKFLOWS,
        activities=make_activities(settings, database, parts, traffic),
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        interceptors=[refused] if refused else [],
        build_id=_BUILD,
        graceful_shutdown_timeout=_GRACE,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
    )


def sandboxed_runner() -> WorkflowRunner:
    """The SDK's workflow sandbox, which catches what is not deterministic. For tests."""
    libraries = ("cel", "cryptography", "pydantic", "pydantic_core", "annotated_types", "zoneinfo")
    # Each run would build anew what is only types, which takes longer than all the rest of it.
    trusted = (*libraries, "journeys", "workflows.ports", "workflows.state")
    return SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*trusted))


@asynccontextmanager
async def running_worker(client: Client, settings: Settings) -> AsyncGenerator[None]:
    """Run a worker, with its store migrated and its spans shipped, for as long as the block lasts."""
    parts = load_parts(settings)
    database = Database(settings.database)
    await migrate(database)
    following = Following(database, parts.policies, parts.library)
    await following.look()
    traffic = make_traffic(settings, database, parts)
    await traffic.look(datetime.now(UTC))
    refused = RefusedUpdates(database)
    works = [following.keep_looking(), Reconciling(database, parts.providers).keep_asking()]
    works += [traffic.keep_looking(), refused.keep_listening(), refused.refusals.keep_telling()]
    works += [ship_spans(database)] if collector_named() else []
    if parts.alerts:
        alerts = Alerts(parts.alerts, database, settings.public_url)
        works.append(Notifying(database, alerts, parts.project, settings.public_url).keep_telling())
    running = [asyncio.create_task(work) for work in works]
    try:
        async with make_worker(client, settings, database, parts, traffic=traffic, refused=refused):
            yield
    finally:
        for task in running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await parts.close()
        await database.close()
