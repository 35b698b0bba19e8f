"""What an installation is told: `sojourn.yaml` of the project folder, and the environment (`SOJOURN_*`).

The environment says where things run; the file says whose journeys these are.
"""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

import yamlfile
from access import Group, Permission, Person, SignIn, WriteKey, permissions_of
from journeys.approvers import check_escalations
from journeys.guardrails import Guardrails
from journeys.review import Area
from journeys.rewards import Rewards
from journeys.times import ZoneName

OPERATORS = "operators"
"""Who is told of what concerns the installation as a whole; every other audience of alerts is a group."""
_SECRET_LENGTH = 32
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
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


class SecretTooShort(ValueError):
    """A secret of the installation could be guessed. The message says what to do."""


class MasterKeysMissing(ValueError):
    """The file with the master keys is not there. The message says what to do."""


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

    @property
    def deciders(self) -> str:
        """The first group whose members may decide approvals; empty where there is none."""
        named = (*self.groups, *(group for person in self.people for group in person.groups))
        may = (name for name in named if "approvals:decide" in permissions_of(self.groups, (name,)))
        return next(may, "")

    def write_key(self, given: object) -> WriteKey | None:
        """The write key that is given, or None when it is not one of this project."""
        return next((key for key in self.write_keys if key.key == given), None)


class Settings(BaseSettings):
    """Where things run. Each field is read from `SOJOURN_<NAME>`; the defaults suit one machine."""

    model_config = SettingsConfigDict(env_prefix="SOJOURN_", frozen=True)

    project_dir: Path = Path()
    """The folder with `sojourn.yaml`, `journeys/`, `policies.yaml` and `content/`."""
    state_dir: Path = Path(".sojourn")
    """Where the SQLite database and the local secret are kept."""
    database_url: str = ""
    """`sqlite:///path` or `postgresql://user:password@host/name`; empty is SQLite in `state_dir`."""
    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_ui_url: str = "http://127.0.0.1:8233"
    task_queue: str = "sojourn"
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    """How the console and the links in messages are reached from outside."""
    secret: str = ""
    """Signs approvals, sessions and links; at least 32 characters. Empty makes one in `state_dir`."""
    master_keys: str = ""
    """Wrap the customers' keys: at least 32 characters each, separated by commas. The first wraps, all unwrap.
    Empty takes them from `master_keys_file`."""
    master_keys_file: Path | None = None
    """A file with master keys, one a line; where a vault or an orchestrator puts secrets. By default it is
    `master-keys` in `state_dir`, with one that is made on first use."""
    codec_token: str = ""
    """Opens the codec endpoint to the Temporal UI of one machine; `sojourn dev` makes one. Empty leaves the
    endpoint to people who are signed in."""
    events_waiting: int = Field(default=100_000, ge=0)
    """Events that may wait for Temporal before senders are asked to come back later."""
    events_behind: timedelta = timedelta(days=1)
    """How long the oldest of them may wait before senders are asked to come back later."""
    requests_at_once: int = Field(default=256, ge=1)
    """Requests with events that one process handles at the same time."""
    audit_head_file: Path | None = None
    """Where the head of the audit log is kept, outside the database; `audit-head` in `state_dir` by default."""
    demo_users: bool = False
    """Let anyone sign in as any person of the project, without a token. For demonstrations on one machine."""

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{(self.state_dir / 'sojourn.db').absolute()}"


def load_project(settings: Settings) -> Project:
    """Read `sojourn.yaml`. `${NAME}` and `${NAME:-default}` stand for environment variables.

    Raises yamlfile.FileProblems with every problem at its line.
    """
    file = settings.project_dir / "sojourn.yaml"
    if not file.is_file():
        fix = "name a project folder with --project or SOJOURN_PROJECT_DIR"
        raise yamlfile.FileProblems([yamlfile.Problem(file, 1, 1, "there is no project here", fix)])
    document, unset = read_expanded(file)
    if unset:
        raise yamlfile.FileProblems(unset)
    return yamlfile.validate(Project, document)


def load_review(settings: Settings) -> dict[Area, str]:
    """The part `review` of `sojourn.yaml` alone, for where the variables of the other parts are not set.

    Raises yamlfile.FileProblems.
    """
    document, _ = read_expanded(settings.project_dir / "sojourn.yaml")
    root = yamlfile.plain(document.root)
    return cast(dict[Any, Any], root).get("review") or {} if isinstance(root, dict) else {}


def read_project(folder: Path) -> Project:
    """`sojourn.yaml` for those to whom it does not matter that variables of the environment are not set.

    Raises yamlfile.FileProblems.
    """
    document, _ = read_expanded(folder / "sojourn.yaml")
    return yamlfile.validate(Project, document)


def read_expanded(file: Path) -> tuple[yamlfile.Document, list[yamlfile.Problem]]:
    """A YAML file with the environment's variables put in, and a problem for each that is not set.

    Raises yamlfile.FileProblems when the file is missing or is not YAML.
    """
    document = yamlfile.read(file)
    unset: list[yamlfile.Problem] = []
    _expand(document, document.root, (), unset)
    return document, unset


def _expand(document: yamlfile.Document, node: object, path: tuple[str | int, ...], problems: list[Any]) -> None:
    """Put environment variables into every string below `node`, in place, so that places stay known."""
    items = (
        list(cast(dict[str | int, object], node).items())
        if isinstance(node, dict)
        else list(enumerate(cast(list[object], node)))
        if isinstance(node, list)
        else []
    )
    for key, value in items:
        if isinstance(value, str):
            cast(Any, node)[key] = _substitute(document, value, (*path, key), problems)
        else:
            _expand(document, value, (*path, key), problems)


def _substitute(document: yamlfile.Document, text: str, path: tuple[str | int, ...], problems: list[Any]) -> str:
    def put(match: re.Match[str]) -> str:
        name = match.group(1)
        found = os.environ.get(name, cast(str | None, match.group(2)))
        if found is None:
            problems.append(document.problem(path, f"the environment variable {name} is not set"))
        return found or ""

    return _VARIABLE.sub(put, text)


def installation_secret(settings: Settings) -> str:
    """The secret that signs approvals, sessions and links; made on first use and kept in `state_dir`.

    Raises SecretTooShort when the one given is too short to be safe.
    """
    if settings.secret:
        if len(settings.secret) < _SECRET_LENGTH:
            raise SecretTooShort(f"SOJOURN_SECRET must have at least {_SECRET_LENGTH} characters.")
        return settings.secret
    file = settings.state_dir / "secret"
    if not file.exists():
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        _write_once(file, secrets.token_urlsafe(_SECRET_LENGTH))
    return file.read_text(encoding="utf-8")


def master_keys(settings: Settings) -> list[str]:
    """The secrets that wrap the customers' keys, the one that wraps new ones first.

    Raises SecretTooShort for one that could be guessed, and MasterKeysMissing when the file that was named is
    not there: a key made in its place could read nothing.
    """
    given = settings.master_keys.replace(",", "\n")
    if not given:
        file = settings.master_keys_file or default_master_keys_file(settings)
        if settings.master_keys_file is None and not file.exists():
            settings.state_dir.mkdir(parents=True, exist_ok=True)
            _write_once(file, secrets.token_urlsafe(_SECRET_LENGTH))
        if not file.is_file():
            raise MasterKeysMissing(f"There is no file {file}. SOJOURN_MASTER_KEYS_FILE names it.")
        given = file.read_text(encoding="utf-8")
    found = [line.strip() for line in given.splitlines() if line.strip()]
    if not found or any(len(key) < _SECRET_LENGTH for key in found):
        raise SecretTooShort(f"Each of SOJOURN_MASTER_KEYS must have at least {_SECRET_LENGTH} characters.")
    return found


def default_master_keys_file(settings: Settings) -> Path:
    """Where a master key is kept when none is given."""
    return settings.state_dir / "master-keys"


def _write_once(file: Path, text: str) -> None:
    """Make a private file whole or not at all; of several processes that start together the first wins."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as new:
        new.write(text)
    with contextlib.suppress(FileExistsError):
        Path(file).hardlink_to(draft)
    Path(draft).unlink()
