"""Who may decide what: known before the run is asked, which judges by the same rules and has the last word."""

from journeys.approvers import is_one_of
from project.access import Person, permissions_of
from project.model import Project
from starter.approvals.refusals import NobodyThere
from store.tables import Approval


def why_may_not_decide(approval: Approval, person: Person) -> str:
    """Why this person may not decide this, in plain words; empty when they may."""
    if approval.group not in person.groups:
        return f"Only people of the group '{approval.group}' decide this. Ask one of them."
    if is_one_of(person.email, (approval.author,)):
        return "You wrote this journey, and nobody approves what they wrote. Ask a colleague."
    if is_one_of(person.email, (approval.content_author,)):
        return "You wrote this content, and nobody approves what they wrote. Ask a colleague."
    if is_one_of(person.email, (approval.requester,)):
        return "You requested this, and nobody approves what they requested. Ask a colleague."
    if is_one_of(person.email, approval.agreed):
        return f"You have agreed already; {approval.people} people must. Ask a colleague."
    if not is_one_of(person.email, (approval.assignee or person.email,)):
        return f"This was handed to {approval.assignee}. Hand it to yourself to decide it."
    return ""


def why_may_not_hand(approval: Approval, person: Person) -> str:
    """Why this person may not hand this to others; empty when they may. One to whom it was not handed may."""
    unassigned = approval.model_copy(update={"assignee": "", "agreed": []})
    return why_may_not_decide(unassigned, person)


def who_may_be_handed(project: Project, approval: Approval, person: Person) -> list[str]:
    """The groups, and the people of its group, to whom this person may hand an open question."""
    if approval.state != "open" or why_may_not_hand(approval, person):
        return []
    groups = {*project.groups, *(name for known in project.people for name in known.groups)}
    holder = approval.assignee or approval.group
    names = [*sorted(groups), *sorted(known.email for known in project.people)]
    return [name for name in names if name != holder and _can_be_handed(project, approval, name)]


def _can_be_handed(project: Project, approval: Approval, to: str) -> bool:
    try:
        recipient_of(project, approval, to)
    except NobodyThere:
        return False
    return True


def recipient_of(project: Project, approval: Approval, to: str) -> tuple[str, str]:
    """The group and, if it is one person of it, the address of those to whom `to` hands a question.

    Raises NobodyThere when none of them could decide.
    """
    authors = (approval.author, approval.content_author, approval.requester)
    people = [person for person in project.people if project.may(person, "approvals:decide")]
    able = [person for person in people if not is_one_of(person.email, authors)]
    # People of an identity provider's groups are not listed here; those who only look decide nothing.
    decides = "approvals:decide" in permissions_of(project.groups, (to,))
    from_elsewhere = decides and to in project.groups and bool(project.groups[to].members_of)
    if from_elsewhere or (decides and any(to in person.groups for person in able)):
        return to, ""
    for person in able:
        if person.email == to and approval.group in person.groups:
            return approval.group, person.email
    message = (
        f"Nobody who could decide this is in a group '{to}', and nobody of '{approval.group}' has that address."
    )
    raise NobodyThere(f"{message} Hand it to another group, or to a colleague of that group.")
