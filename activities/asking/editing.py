"""The edit of a message that a person is asked about: checked by rules and policies, and kept."""

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.delivering.composing import Composer, Errand
from activities.delivering.draft import EditedDraft, editable_texts
from activities.delivering.facts import Case
from activities.delivering.guard import Guard
from content.editing import EditRefused, EditRules
from journeys.ids import delivery_key
from policies.model import Deny, NeedsApproval, Verdict
from store.approvals import find_approval
from store.customers import lock_customer
from store.database import Database
from store.labels import Asking, Label, keep_edit
from store.tables import Approval
from workflows.ports import Edited, EditRequest, EditResult, Grant, NotEdited


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
        return Edited(content_hash=edited)

    async def _edit(self, session: AsyncSession, request: EditRequest) -> str:
        """The hash of the message as it is now. Raises EditRefused when the edit changes more than it may."""
        send = request.send
        customer = await lock_customer(session, send.run.customer_id)
        approval = await find_approval(session, send.grant.approval_id) if send.grant else None
        if customer is None or approval is None or send.grant is None:
            raise EditRefused("The customer is not known any more.")
        if is_kept(approval, send.grant):
            return approval.content_hash
        key = delivery_key(send.run.workflow_id, send.run.first_run_id, send.step_id, send.pass_)
        errand = Errand(send, approval.channel, customer, key)
        made = await self._composer.compose_edited(session, errand, request.edits)
        links = self._composer.links_of(customer, approval.channel)
        self._rules.check(made.priced.rendered, made.edited.rendered, links, send.now)
        before = await self._guard.foretell(session, Case(send, made.shown, key, send.now))
        after = await self._guard.foretell(session, Case(send, made.edited, key, send.now))
        see_to_policies(before.ruling.verdict, after.ruling.verdict)
        await _keep(session, approval, request, made)
        return made.edited.content_hash


def is_kept(approval: Approval, shown: Grant) -> bool:
    """Whether an attempt whose answer was lost kept this edit: nothing else takes the store ahead of its run, and
    that has one edit under way at a time. The run has to hear of it, whatever content, tool and policies are by
    now: the two would ask about different words from then on."""
    return approval.content_hash != shown.content_hash


def see_to_policies(before: Verdict, after: Verdict) -> None:
    """Raises EditRefused when the policies forbid what was edited, or want others to agree to it."""
    if isinstance(after, Deny):
        raise EditRefused(f"A policy forbids it: {after.reason}.")
    if isinstance(after, NeedsApproval) and _asks(after) != _asks(before):
        raise EditRefused(f"So it would need another approval, by '{after.group}': {after.reason}.")


def _asks(verdict: Verdict) -> tuple[str, str, int] | None:
    return (verdict.group, verdict.tier, verdict.people) if isinstance(verdict, NeedsApproval) else None


async def _keep(session: AsyncSession, approval: Approval, request: EditRequest, made: EditedDraft) -> None:
    edited = made.edited
    label = Label(
        content=request.send.content,
        content_version=edited.rendered.content_version,
        language=edited.rendered.language or "",
        by=request.by,
        at=request.send.now,
    )
    now = Asking(
        message=edited.message.model_dump(mode="json"),
        content_hash=edited.content_hash,
        texts=editable_texts(request.send, edited),
        discount=edited.discount,
    )
    await keep_edit(session, approval, label, now)
