"""Who may do what, as `sojourn.yaml` says it: groups with their roles, and the identity provider of the people.

A door asks for one permission. People have those of their roles, and roles come from groups.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from journeys.approvers import ApproverGroup

Role = Literal["strategy_owner", "content_owner", "approver", "ops", "privacy_officer", "reader"]
Permission = Literal[
    "approvals:decide",
    "approvals:read",
    "audit:read",
    "catalogue:read",
    "catalogue:write",
    "changes:decide",
    "changes:read",
    "customers:erase",
    "customers:export",
    "customers:merge",
    "customers:read",
    "events:read",
    "events:retry",
    "events:write",
    "experiments:read",
    "experiments:write",
    "guardrails:read",
    "guardrails:rearm",
    "payloads:read",
    "runs:read",
    "runs:write",
    "suppressions:write",
]
"""What a door may ask for: the noun, and what is done to it. The scopes of services' tokens are these too; events
and runs come by them, and by write keys, and by no person."""

_LOOK: frozenset[Permission] = frozenset(
    {
        "approvals:read",
        "catalogue:read",
        "changes:read",
        "customers:read",
        "events:read",
        "experiments:read",
        "guardrails:read",
        "runs:read",
    }
)


def _may(*more: Permission) -> frozenset[Permission]:
    return _LOOK.union(more)


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    "reader": _LOOK,
    "approver": _may("approvals:decide", "changes:decide"),
    "content_owner": _may("approvals:decide", "catalogue:write", "changes:decide"),
    "strategy_owner": _may("approvals:decide", "changes:decide", "experiments:write", "guardrails:rearm"),
    "ops": _may(
        "audit:read",
        "catalogue:write",
        "customers:merge",
        "events:retry",
        "experiments:write",
        "guardrails:rearm",
        "payloads:read",
        "suppressions:write",
    ),
    "privacy_officer": _may(
        "audit:read",
        "customers:erase",
        "customers:export",
        "customers:merge",
        "payloads:read",
        "suppressions:write",
    ),
}
"""What each role may do. Whoever may decide approvals still decides only those of their own groups."""
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


class Group(ApproverGroup):
    """People who decide the approvals that name the group, and the roles they have. One that is not described
    is of approvers."""

    roles: tuple[Role, ...] = ("approver",)
    members_of: tuple[str, ...] = ()
    """The identity provider's groups whose members are in this one."""


class Person(BaseModel):
    """Someone who may sign in to the console and decide for the groups they are in."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str
    name: str
    groups: tuple[str, ...] = ()
    token: str = ""
    """Proves them to every door. Empty for those who come from the identity provider."""


class WriteKey(BaseModel):
    """A key by which events come in, and nothing else. It may stand in an app that anyone can read, so it can be
    kept to some events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str = Field(min_length=1)
    events: tuple[str, ...] | None = None
    """The names of the events it may bring; None is every one."""

    @model_validator(mode="before")
    @classmethod
    def _a_word_is_a_key(cls, given: Any) -> Any:
        return {"key": given} if isinstance(given, str) else given

    def may_bring(self, event: str) -> bool:
        """Whether an event of this name may come in by it."""
        return self.events is None or event in self.events


def _over_tls(url: str) -> str:
    """An issuer as OpenID Connect Discovery wants it; without TLS only on this machine, to try it out."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        raise ValueError("an issuer is an address with https, such as https://login.example.com")
    if parts.query or parts.fragment:
        raise ValueError("an issuer has no query and no fragment")
    return url


class SignIn(BaseModel):
    """The OpenID provider at which people sign in, and what it knows this installation as."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Annotated[str, AfterValidator(_over_tls)]
    """Exactly as the provider writes it in its tokens."""
    client_id: str = Field(min_length=1)
    client_secret: str = ""
    """Empty for a public client, which PKCE alone proves."""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    groups_claim: str = "groups"
    """Which claim of the id token names the person's groups."""


def groups_of(groups: Mapping[str, Group], theirs: frozenset[str]) -> tuple[str, ...]:
    """Our groups of someone who has these at the identity provider."""
    return tuple(name for name, group in groups.items() if not theirs.isdisjoint(group.members_of))


def who_may(permission: Permission) -> str:
    """The roles that may do something, in words for whoever may not."""
    return " or ".join(sorted(role for role, given in PERMISSIONS.items() if permission in given))


def permissions_of(groups: Mapping[str, Group], named: tuple[str, ...]) -> frozenset[Permission]:
    """What someone in these groups may do. Everyone who is known may at least look."""
    roles: set[Role] = {role for name in named for role in groups.get(name, Group()).roles}
    return _LOOK.union(*(PERMISSIONS[role] for role in roles))
