"""The edit of a message that a person is asked about: checked by rules and policies, and kept."""

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.composing import Composer, Draft
from activities.facts import Case
from activities.guard import Guard
from content.editing import EditRefused, EditRules, texts_of
from journeys.ids import delivery_key
from policies.model import Deny, NeedsApproval
from store.approvals import find_approval
from store.customers import lock_customer
from store.database import Database
from store.labels import Label, keep_edit
from store.tables import Approval
from workflows.ports import Edited, EditRequest, EditResult, NotEdited


class Editing:
    """The `edit_message` activity of one worker."""

    def __init__(self, database: Database, composer: Composer, guard: Guard, rules: EditRules) -> None:
        self._database = database
        self._composer = composer
        self._guard = guard
        self._rules = rules

    @activity.defn
    async def edit_message(self, request: EditRequest) -> EditResult:
        """Put other words into a message that a person is asked about. Safe to retry."""
        async with self._database.transaction() as session:
            try:
                edited = await self._edit(session, request)
            except EditRefused as refused:
                return NotEdited(reason=str(refused))
        return Edited(content_hash=edited.content_hash)

    async def _edit(self, session: AsyncSession, request: EditRequest) -> Draft:
        """Raises EditRefused when the edit changes more than it may."""
        send = request.send
        customer = await lock_customer(session, send.run.customer_id)
        approval = await find_approval(session, send.grant.approval_id) if send.grant else None
        if customer is None or approval is None:
            raise EditRefused("The customer is not known any more.")
        key = delivery_key(send.run.workflow_id, send.run.first_run_id, send.step_id, send.pass_)
        shown, edited = await self._composer.compose_edited(
            session, send, approval.channel, customer, key, request.edits
        )
        links = self._composer.links_of(customer, approval.channel)
        self._rules.check(shown.rendered, edited.rendered, links, send.now)
        await self._see_to_policies(session, Case(send, shown, key, send.now), Case(send, edited, key, send.now))
        await _keep(session, approval, request, shown, edited)
        return edited

    async def _see_to_policies(self, session: AsyncSession, shown: Case, edited: Case) -> None:
        """Raises EditRefused when the policies forbid the edited message, or want others to agree to it."""
        before = (await self._guard.foretell(session, shown)).ruling.verdict
        after = (await self._guard.foretell(session, edited)).ruling.verdict
        if isinstance(after, Deny):
            raise EditRefused(f"A policy forbids it: {after.reason}.")
        if isinstance(after, NeedsApproval) and _asks(after) != _asks(before):
            raise EditRefused(f"So it would need another approval, by '{after.group}': {after.reason}.")


def _asks(verdict: object) -> tuple[str, str, int] | None:
    return (verdict.group, verdict.tier, verdict.people) if isinstance(verdict, NeedsApproval) else None


async def _keep(
    session: AsyncSession, approval: Approval, request: EditRequest, shown: Draft, edited: Draft
) -> None:
    before, after = texts_of(shown.rendered), texts_of(edited.rendered)
    label = Label(
        content=request.send.content,
        content_version=edited.rendered.content_version,
        language=edited.rendered.language or "",
        changes={
            field: (text, after.get(field, "")) for field, text in before.items() if after.get(field) != text
        },
        by=request.by,
        at=request.send.now,
    )
    message = edited.message.model_dump(mode="json")
    await keep_edit(session, approval, label, message=message, content_hash=edited.content_hash, texts=after)
