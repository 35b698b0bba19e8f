"""Runs of real journeys on the time-skipping server with scripted activities. They run outside the SDK's sandbox,
which costs each test more than all else; tests/replay runs every recorded history inside."""

import itertools
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from inspect import isawaitable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from temporalio import activity
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, Worker

from journeys.events import Event
from journeys.ids import decision_id, delivery_key
from journeys.model import Journey
from learning.planners.interface import Question
from learning.planners.registry import known_planners
from tests.waiting import until
from workflows.approval import DecisionSigner
from workflows.journey import CustomerJourney
from workflows.ports import (
    ActRequest,
    ActResult,
    Asked,
    AskRequest,
    Assigned,
    AssignRequest,
    CallOffRequest,
    Choice,
    ClosedApproval,
    CloseRequest,
    CustomerView,
    DecideRequest,
    Decision,
    DeliverRequest,
    DeliverResult,
    Done,
    EditActionRequest,
    Edited,
    EditRequest,
    EditResult,
    NotEdited,
    NoteRequest,
    Notes,
    PauseRecord,
    PerceiveRequest,
    RunRequest,
    Sent,
    SetRequest,
    StepRecord,
)
from workflows.search_attributes import ALL
from workflows.state import Heard, RunInput, RunResult

QUEUE = "test"
SIGNER = DecisionSigner("a secret of the approvals service, long enough")


class World:
    """Stands in for the activities: says what a script tells it to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.script: dict[str, list[Any]] = {}
        self.customer: dict[str, Any] = {}
        self.closed_arm = ""
        self.deliveries: list[DeliverRequest] = []
        self.edits: list[EditRequest] = []
        self.keeps_edit: Callable[[], Awaitable[None]] | None = None
        """What happens when an edit is kept and its answer is not given yet."""
        self.edited_actions: list[EditActionRequest] = []
        self.actions: list[ActRequest] = []
        self.questions: list[AskRequest] = []
        self.decisions: list[DecideRequest] = []
        self.requested: list[RunRequest] = []
        self.called_off: list[CallOffRequest] = []
        self.records: list[StepRecord] = []
        self.pauses: list[PauseRecord] = []
        self.closed_approvals: list[ClosedApproval] = []
        self.closed: list[CloseRequest] = []
        self.notes: list[NoteRequest] = []

    def begin(self) -> None:
        """As nothing had happened yet."""
        vars(self).update(vars(World()))

    def answers(self, step: str, *results: Any) -> None:
        """The answers to the attempts of a step, in order; after them it is sent or done. One that is a function
        of the request, async or not, gives the answer."""
        self.script[step] = list(results)

    @activity.defn
    async def deliver(self, request: DeliverRequest) -> DeliverResult:
        self.deliveries.append(request)
        self._keep(request.notes)
        sent = Sent(delivery_id=f"d_{request.step_id}", provider_id="p1", channel="email")
        return await self._answer(request, sent)

    @activity.defn
    async def edit_message(self, request: EditRequest) -> EditResult:
        """Every edit is fine but one that shouts."""
        self.edits.append(request)
        if "!" in "".join(request.edits.values()):
            return NotEdited(reason="The brand does not shout.")
        if self.keeps_edit:
            await self.keeps_edit()
        return Edited(content_hash=f"hash of {sorted(request.edits.items())}")

    @activity.defn
    async def edit_action(self, request: EditActionRequest) -> EditResult:
        """Every edit is fine."""
        self.edited_actions.append(request)
        return Edited(content_hash="hash of the edit")

    @activity.defn
    async def act(self, request: ActRequest) -> ActResult:
        self.actions.append(request)
        self._keep(request.notes)
        return await self._answer(request, Done(result={"ok": True}))

    @activity.defn
    async def ask(self, request: AskRequest) -> Asked:
        self.questions.append(request)
        self._keep(request.notes)
        return question(request, request.approval.group or "", request.about)

    @activity.defn
    async def decide(self, request: DecideRequest) -> Choice:
        """As the real planners do."""
        self.decisions.append(request)
        self._keep(request.notes)
        run = request.run
        drawn_by = decision_id(run.workflow_id, request.start.id, request.step_id, request.pass_)
        settings = {"settings": request.settings, "true": request.true}
        question = Question(drawn_by, request.options, request.pass_, request.features, **settings)
        plan = known_planners()[request.planner](question)
        return await self._answer(request, Choice(option=plan.option, probability=plan.probability, why=plan.why))

    @activity.defn
    async def perceive(self, request: PerceiveRequest) -> CustomerView:
        return CustomerView(attributes=self.customer, time_zone="Europe/Berlin")

    @activity.defn
    async def assign(self, request: AssignRequest) -> Assigned:
        """Every arm is open, but the one that is closed."""
        if request.arm == self.closed_arm:
            return Assigned(arm=request.control, why_not_counted=f"the arm '{request.arm}' is closed")
        return Assigned(arm=request.arm)

    @activity.defn
    async def set_attributes(self, request: SetRequest) -> None:
        self._keep(request.notes)
        self.customer = {**self.customer, **request.attributes}

    @activity.defn
    async def request_run(self, request: RunRequest) -> None:
        self.requested.append(request)
        self._keep(request.notes)

    @activity.defn
    async def call_off_run(self, request: CallOffRequest) -> None:
        self.called_off.append(request)

    @activity.defn
    async def close_run(self, request: CloseRequest) -> None:
        self.closed.append(request)
        self._keep(request.notes)

    @activity.defn
    async def write_notes(self, request: NoteRequest) -> None:
        self.notes.append(request)
        self._keep(request.notes)

    def _keep(self, notes: Notes) -> None:
        self.records += notes.records
        self.pauses += notes.pauses
        self.closed_approvals += notes.closed_approvals

    async def _answer(self, request: Any, usual: Any) -> Any:
        answers = self.script.get(request.step_id, [])
        answer = answers.pop(0) if answers else usual
        if isinstance(answer, Exception):
            raise answer
        given = answer(request) if callable(answer) else answer
        return await given if isawaitable(given) else given

    @property
    def sent(self) -> list[str]:
        return [request.step_id for request in self.deliveries]

    @property
    def story(self) -> list[str]:
        return [f"{record.step_id} {record.outcome}" for record in self.records]


class Runs:
    """Starts runs of a journey and moves their time."""

    def __init__(self, env: WorkflowEnvironment, world: World) -> None:
        self.env = env
        self.world = world
        self.seq = 1
        self.now: datetime
        self._numbers = itertools.count(1)

    @property
    def client(self) -> Client:
        return self.env.client

    async def start(
        self, text: str, *, start: Event | None = None, **viewed: Any
    ) -> WorkflowHandle[CustomerJourney, RunResult]:
        """Start a run of the journey in `text`, by `start` or by a product that was viewed: with `viewed`."""
        self.now = await self.env.get_current_time()
        given = RunInput(
            journey=_read(text),
            customer_id="c_1",
            time_zone="Europe/Berlin",
            start=start or Event(id="start", name="Product Viewed", at=self.now, seq=1, properties=viewed),
            approval_key=SIGNER.public_key,
            console_url="http://console",
        )
        run_id = f"{given.journey.journey}:c_1:{next(self._numbers)}"
        return await self.client.start_workflow(CustomerJourney.run, given, id=run_id, task_queue=QUEUE)

    async def happens(
        self,
        handle: WorkflowHandle[Any, Any],
        name: str,
        event_id: str = "",
        customer: dict[str, Any] | None = None,
        **properties: Any,
    ) -> None:
        """Something the customer does now; `customer` is who they are, where the journey asks for it."""
        self.seq = seq = self.seq + 1
        now = await self.env.get_current_time()
        event_id = event_id or f"e{seq}"
        event = Heard(id=event_id, name=name, at=now, seq=seq, properties=properties, customer=customer)
        await handle.signal(CustomerJourney.event, event)

    async def passes(self, duration: timedelta) -> None:
        """Let time go by."""
        await self.env.sleep(duration)

    async def outcome(self, handle: WorkflowHandle[Any, Any], event: str, step: str) -> None:
        """An outcome of the delivery of a step, as the provider or the app reports it."""
        await self.happens(handle, event, delivery_id=await self.delivery_id(handle, step))

    async def delivery_id(self, handle: WorkflowHandle[Any, Any], step: str) -> str:
        return delivery_key(handle.id, handle.first_execution_run_id or "", step, 0)


def asks(request: DeliverRequest) -> DeliverResult:
    """The guard's answer when a person has to decide: asked until there is a grant, then sent."""
    if request.grant:
        return Sent(delivery_id="d_offer", provider_id="p1", channel="email")
    return question(request, "marketing", "a discount of 10 %")


def asks_first(request: ActRequest) -> ActResult:
    """The same for a business action."""
    return Done(result={"ok": True}) if request.grant else question(request, "support", "the journey asks for it")


def question(request: DeliverRequest | ActRequest | AskRequest, group: str, reason: str) -> Asked:
    """What the world says when a person of a group has to decide."""
    return Asked(
        approval_id="a_1",
        content_hash="hash",
        group=group,
        author=request.approval.author,
        requester=request.approval.requester,
        people=request.approval.people,
        asked_at=request.now,
        deadline=request.now + request.approval.within,
        reason=reason,
    )


def decision(**changes: Any) -> str:
    """A token of a decision by Ada of marketing, with what a test wants changed."""
    given: dict[str, Any] = {
        "approval_id": "a_1",
        "content_hash": "hash",
        "approved": True,
        "approver": "ada",
        "groups": ("marketing",),
        "decided_at": datetime.fromisoformat("2026-01-01T10:00:00Z"),
    }
    return SIGNER.sign(Decision.model_validate(given | changes))


async def is_asking(run: WorkflowHandle[CustomerJourney, RunResult]) -> None:
    """Wait until the run waits for a person."""
    await until(run, lambda progress: progress.doing == "asking")


@pytest.fixture
async def runs() -> AsyncGenerator[Runs]:
    async with running() as runs:
        yield runs


@pytest.fixture
async def short_runs(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Runs]:
    """Runs that continue as new after very few events, as busy ones do after many."""
    monkeypatch.setattr("workflows.conduct.HISTORY_LIMIT", 30)
    async with running() as runs:
        yield runs


@asynccontextmanager
async def running(*interceptors: Interceptor) -> AsyncGenerator[Runs]:
    """Runs on a server and a worker of their own."""
    server = str(Path(sys.executable).parent / "temporal-test-server")
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=server, data_converter=pydantic_data_converter
    ) as env:
        await env.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                search_attributes={key.name: IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD for key in ALL},
                namespace=env.client.namespace,
            )
        )
        world = World()
        async with Worker(
            env.client,
            task_queue=QUEUE,
            workflows=[CustomerJourney],
            activities=_activities_of(world),
            workflow_runner=UnsandboxedWorkflowRunner(),
            interceptors=interceptors,
            workflow_failure_exception_types=[Exception],  # a defect fails the test at once, not after an hour
            build_id="test",
        ):
            yield Runs(env, world)


def _activities_of(world: World) -> list[Callable[..., Any]]:
    return [
        world.deliver,
        world.edit_message,
        world.edit_action,
        world.act,
        world.ask,
        world.decide,
        world.perceive,
        world.assign,
        world.set_attributes,
        world.request_run,
        world.call_off_run,
        world.close_run,
        world.write_notes,
    ]


def _read(text: str) -> Journey:
    return Journey.model_validate(YAML(typ="safe").load(text))
