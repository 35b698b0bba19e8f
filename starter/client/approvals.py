"""The part of the Python client that is about approvals: `sojourn.approvals`. Every call is made for a person, and
raises starter.client.errors.SojournError."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

from starter.client.calling import Ask, Rows

_PATH = "/v1/approvals"


class ApprovalCalls:
    """Lists what waits for a person, and decides it.

    A decision counts for what its person has `seen`: the `content_hash` of the approval as they were shown it.
    When it is another by then, the decision is refused.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def list(self, state: str = "open") -> Rows:
        """The approvals in a state, all of them."""
        return await self._pages(_PATH, "approvals", state=state)

    async def get(self, approval_id: str) -> dict[str, Any]:
        """One approval with all that is needed to decide it. Raises Refused when there is none."""
        return await self._ask("GET", _path(approval_id))

    async def approve(
        self, approval_id: str, seen: str, reason: str = "", *, similar: int = 0, days: float = 7
    ) -> dict[str, Any]:
        """Let exactly this message leave, and with `similar` so many others like it within so many days.

        Raises Refused when it may not be decided, or not by you.
        """
        more = {"similar": {"most": similar, "days": days}} if similar else {}
        return await self._decide(approval_id, "approve", seen=seen, reason=reason, **more)

    async def edit(
        self, approval_id: str, seen: str, edits: Mapping[str, str], reason: str = ""
    ) -> dict[str, Any]:
        """Let it leave with some of its `texts` as `edits` has them. Raises Refused when a rule of the content or
        a policy forbids it, or it may not be decided, or not by you."""
        return await self._decide(approval_id, "edit", seen=seen, reason=reason, edits=dict(edits))

    async def reject(self, approval_id: str, seen: str, reason: str) -> dict[str, Any]:
        """Keep this message from leaving. Raises Refused when it may not be decided, or not by you."""
        return await self._decide(approval_id, "reject", seen=seen, reason=reason)

    async def hand(self, approval_id: str, to: str, reason: str = "") -> dict[str, Any]:
        """Let others decide: a group, or a person of its group by their address. Raises Refused when you may not,
        or nobody there could."""
        return await self._decide(approval_id, "hand", to=to, reason=reason)

    async def labels(self, approval_id: str = "") -> Rows:
        """What people edited before they agreed, all of it; of one approval only when it is named."""
        return await self._pages(f"{_PATH}/labels", "labels", approval=approval_id)

    async def grants(self, *, over: bool = False) -> Rows:
        """The standing grants that last, or those that are over; the latest first."""
        return await self._pages(f"{_PATH}/grants", "grants", over=str(over).lower())

    async def revoke(self, grant_id: str) -> dict[str, Any]:
        """End a standing grant at once. Raises Refused when there is none, or it is not yours to end."""
        return await self._ask("POST", f"{_PATH}/grants/{quote(grant_id, safe='')}/revoke")

    async def _decide(
        self, approval_id: str, decision: Literal["approve", "edit", "reject", "hand"], **more: Any
    ) -> dict[str, Any]:
        return await self._ask("POST", f"{_path(approval_id)}/decision", json={"decision": decision, **more})

    async def _pages(self, path: str, rows: str, **asked: str) -> Rows:
        """All rows of a listing."""
        found: Rows = []
        page = 1
        while True:
            answer = await self._ask("GET", path, params={**asked, "page": str(page)})
            found += answer[rows]
            if not answer["more"]:
                return found
            page += 1


def _path(approval_id: str) -> str:
    return f"{_PATH}/{quote(approval_id, safe='')}"
