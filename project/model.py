"""`sojourn.yaml` of the project folder: whose journeys these are. Where they run is in settings.py."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError

import yamlfile
from journeys.approvers import check_escalations
from journeys.guardrails import Guardrails
from journeys.review import Area
from journeys.rewards import Rewards
from journeys.times import ZoneName
from project.access import Group, Permission, Person, SignIn, WriteKey, permissions_of
from settings import Settings, read_expanded

OPERATORS = "operators"
"""Who is told of what concerns the installation as a whole; every other audience of alerts is a group."""
DEFAULT_IDS = ("user", "email", "phone", "anonymous", "device")
"""The kinds of ids that every project knows, the stronger first."""
_LIMITS = {"email": 5, "phone": 5, "anonymous": 100, "device": 20}
_NOBODY = frozenset(
    {
        "", "0", "-1", "null", "nil", "none", "undefined", "nan", "true", "false", "n/a", "[object object]",
        "anonymous", "guest", "unknown", "00000000-0000-0000-0000-000000000000",
    }
)  # fmt: skip
"""What broken clients send instead of an id."""


class Brand(BaseModel):
    """Who speaks to the customers. The postal address stands in every marketing mail, as the law wants."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    address: str
    url: str


class Tracking(BaseModel):
    """Whether our own links and pixel go into mails. By default nothing is tracked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    clicks: bool = False
    opens: bool = False
    ask_first: bool = False
    """Track only those whose trait `tracking_consent` is true."""

    def allows(self, traits: Mapping[str, Any]) -> bool:
        """Whether this customer may be tracked: not who said no to it, by the trait `tracking_consent`, or asked
        every site not to, by the trait `gpc` (Global Privacy Control)."""
        said = traits.get("tracking_consent")
        refused = said is False or traits.get("gpc") is True
        return not refused and (said is True or not self.ask_first)


class IdentityRules(BaseModel):
    """How the world's ids are joined to customers: see docs/customers.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")], ...] = DEFAULT_IDS
    """The kinds of ids, the stronger first. A kind that is left out names nobody."""
    limits: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    """How many ids of a kind one customer may have."""
    nobody: tuple[str, ...] = ()
    """Values that name nobody, such as a test account's, beside those that broken clients send."""

    @model_validator(mode="after")
    def _fits(self) -> "IdentityRules":
        if len(set(self.order)) < len(self.order) or not {"user", "anonymous"} <= set(self.order):
            raise ValueError("order: name each kind once, user and anonymous among them")
        if unknown := set(self.limits) - set(self.order):
            raise ValueError(f"limits: '{min(unknown)}' is not one of the kinds in order: {', '.join(self.order)}")
        return self

    def rank(self, kind: str) -> int:
        """How weak an id is: 0 is the strongest kind. Raises ValueError for a kind that names nobody."""
        return self.order.index(kind)

    def limit(self, kind: str) -> int:
        """How many ids of a kind one customer may have."""
        return self.limits.get(kind, _LIMITS.get(kind, 1))

    def names_nobody(self, value: str) -> bool:
        """Whether a value is one that many have, and that says nothing about who they are."""
        return value.strip().lower() in _NOBODY or value in self.nobody


class ContentRules(BaseModel):
    """What the brand's content must keep to before it is approved: see docs/content.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forbidden: tuple[str, ...] = ()
    """Words that the brand does not write."""
    required: tuple[str, ...] = ()
    """Terms that everything that advertises must have."""
    tones: tuple[str, ...] = ()
    """The tones that content may be tagged with."""
    legal: dict[str, str] = Field(default_factory=dict)
    """By category: what content about it must say."""
    tags: tuple[Literal["language", "intent", "stage", "tone", "topic", "author"], ...] = ()
    """What the front matter of every content must say."""
    sms_segments: int = Field(default=3, ge=1)
    """How many segments an SMS may be cut into."""
    approvers: str = ""
    """The group whose members approve content; empty is anyone of the project."""


class Project(BaseModel):
    """`sojourn.yaml`: brand, time zone, who may send events, who decides, and over which providers to send."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    brand: Brand
    time_zone: ZoneName = "UTC"
    """The zone of customers whose own is unknown."""
    write_keys: tuple[WriteKey, ...] = Field(min_length=1)
    people: tuple[Person, ...] = ()
    groups: dict[str, Group] = Field(default_factory=dict)
    """The groups by name: their roles, who of the identity provider is in them, and when they work."""
    sign_in: SignIn | None = None
    """Where people sign in; None leaves it to the tokens of `people`."""
    channels: dict[str, dict[str, Any]]
    """By channel name: the provider and its settings."""
    identity: IdentityRules = IdentityRules()
    """How the world's ids are joined to customers."""
    tools: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By tool name: the settings of the business actions that journeys may take."""
    llm: dict[str, Any] = Field(default_factory=dict)
    """Which language model is asked by planners that ask one, and where."""
    review: dict[Area, str] = Field(default_factory=dict)
    """The group that must agree before a journey is live that touches this area; none for what needs no review."""
    tracking: Tracking = Tracking()
    rewards: Rewards | None = None
    """What outcomes are worth to decisions that say nothing of their own: see docs/learning.md."""
    guardrails: Guardrails = Guardrails()
    """What is usual and what is harmful while journeys run: see docs/guardrails.md."""
    content: ContentRules = ContentRules()
    """What content must keep to before it is approved."""
    webhooks: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """By vendor: how the calls are proved with which it tells what became of messages."""
    alerts: dict[str, tuple[SecretStr, ...]] = Field(default_factory=dict)
    """By group, or `operators`: the addresses of services that tell them, as apprise writes them."""

    @model_validator(mode="after")
    def _escalates_to_an_end(self) -> "Project":
        check_escalations(self.groups)
        return self

    @model_validator(mode="after")
    def _someone_decides_what_is_tightened(self) -> "Project":
        group = self.guardrails.group
        known = sorted({*self.groups, *(name for person in self.people for name in person.groups)})
        if group and group not in known:
            told = {"group": group, "known": ", ".join(known) or "none", "path": ("guardrails", "group")}
            raise PydanticCustomError("unknown_group", "there is no group '{group}'; there are: {known}", told)
        return self

    def may(self, person: Person, permission: Permission) -> bool:
        """Whether someone has a role that may do this."""
        return permission in permissions_of(self.groups, person.groups)

    def zone_of(self, group: str) -> str:
        """By whose clock a group works."""
        known = self.groups.get(group)
        return known.hours.time_zone if known and known.hours else self.time_zone

    @property
    def deciders(self) -> str:
        """The first group whose members may decide approvals; empty where there is none."""
        named = (*self.groups, *(group for person in self.people for group in person.groups))
        may = (name for name in named if "approvals:decide" in permissions_of(self.groups, (name,)))
        return next(may, "")

    def write_key(self, given: object) -> WriteKey | None:
        """The write key that is given, or None when it is not one of this project."""
        return next((key for key in self.write_keys if key.key == given), None)


def load_project(settings: Settings) -> Project:
    """Read `sojourn.yaml`. `${NAME}` and `${NAME:-default}` stand for environment variables.

    Raises yamlfile.FileProblems with every problem at its line.
    """
    document, unset = _written(settings.project_dir)
    if unset:
        raise yamlfile.FileProblems(unset)
    return yamlfile.validate(Project, document)


def load_review(settings: Settings) -> dict[Area, str]:
    """The part `review` of `sojourn.yaml` alone, for where the variables of the other parts are not set.

    Raises yamlfile.FileProblems.
    """
    document, _ = _written(settings.project_dir)
    root = yamlfile.plain(document.root)
    return cast(dict[Any, Any], root).get("review") or {} if isinstance(root, dict) else {}


def read_project(folder: Path) -> Project:
    """`sojourn.yaml` for those to whom it does not matter that variables of the environment are not set.

    Raises yamlfile.FileProblems.
    """
    document, _ = _written(folder)
    return yamlfile.validate(Project, document)


def _written(folder: Path) -> tuple[yamlfile.Document, list[yamlfile.Problem]]:
    file = folder / "sojourn.yaml"
    if not file.is_file():
        fix = "name a project folder with --project or SOJOURN_PROJECT_DIR"
        raise yamlfile.FileProblems([yamlfile.Problem(file, 1, 1, "there is no project here", fix)])
    return read_expanded(file)
