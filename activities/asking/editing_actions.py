"""The edit of a business action that a person is asked about: checked by its tool and the policies, and kept."""

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio import activity

from activities.asking.editable import amended, written_given
from activities.asking.editing import is_kept, see_to_policies
from activities.asking.permission import Permission, digest_of, number, what_is_done
from activities.tools.model import Tool
from content.editing import EditRefused
from store.approvals import find_approval
from store.customers import lock_customer
from store.database import Database
from store.labels import Asking, Label, keep_edit
from workflows.ports import ActRequest, EditActionRequest, Edited, EditResult, NotEdited


class EditingActions:
    """The `edit_action` activity of one worker."""

    def __init__(self, database: Database, tools: Mapping[str, Tool], permission: Permission) -> None:
        self._database = database
        self._tools = tools
        self._permission = permission

    @activity.defn
    async def edit_action(self, request: EditActionRequest) -> EditResult:
        """Change what an action is given that a person is asked about. Safe to retry."""
        async with self._database.transaction() as session:
            try:
                return Edited(content_hash=await self._edit(session, request))
            except EditRefused as refused:
                return NotEdited(reason=str(refused))

    async def _edit(self, session: AsyncSession, request: EditActionRequest) -> str:
        """The hash of the action as it is now. Raises EditRefused when the edit changes more than it may."""
        act = request.act
        customer = await lock_customer(session, act.run.customer_id)
        approval = await find_approval(session, act.grant.approval_id) if act.grant else None
        if approval is None or act.grant is None:
            raise EditRefused("It is not asked about any more.")
        if is_kept(approval, act.grant):
            return approval.content_hash
        tool, shown = self._shown(act)
        if unknown := sorted(request.edits.keys() - set(act.approval.edit)):
            raise EditRefused(f"'{unknown[0]}' cannot be edited here; the step says what can.")
        edited = act.model_copy(update={"given": amended(tool.arguments, shown.given, request.edits)})
        content_hash = digest_of(what_is_done(edited))
        before = await self._permission.foretell(session, shown, tool, customer)
        after = await self._permission.foretell(session, edited, tool, customer)
        see_to_policies(before.ruling.verdict, after.ruling.verdict)
        label = Label(content=act.tool, content_version="", language="", by=request.by, at=act.now)
        now = Asking(
            message=what_is_done(edited),
            content_hash=content_hash,
            texts=written_given(edited.given, act.approval.edit),
            discount=number(edited.given.get("discount")),
            amount=number(edited.given.get("amount")),
        )
        await keep_edit(session, approval, label, now)
        return content_hash

    def _shown(self, act: ActRequest) -> tuple[Tool, ActRequest]:
        """The tool, and the action as it was shown. Raises EditRefused when it is another by now."""
        tool = self._tools.get(act.tool)
        if tool is not None and act.grant is not None:
            shown = act.model_copy(update={"given": amended(tool.arguments, act.given, act.grant.edits)})
            if digest_of(what_is_done(shown)) == act.grant.content_hash:
                return tool, shown
        raise EditRefused("What it was made from has changed since. Approve it, and it is asked about anew.")
