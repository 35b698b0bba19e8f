"""Which content a person approved: what was published in the store, and what the project brings along.

An approval is for one version, the hash of everything a message is made from. Once a file changes, or a layout
that it uses, the version is another and nobody has approved it yet.

A project brings approvals along in `content/approved.yaml`, kept with the content under version control. They
count for what was never published in an installation, so that a new one can begin, and not for what `review` has
others agree to.
"""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel
from ruamel.yaml import YAML

import yamlfile
from content.review import touches
from content.variant import Variant
from journeys.review import Area

FILE = "approved.yaml"
Place: TypeAlias = tuple[str, str]
"""A content's name, and the channel that it goes over."""
State = Literal["draft", "in_review", "approved", "retired"]
_HEAD = """\
# Which versions of this content were approved, and by whom, where it was written. A new installation begins with
# them. Written by 'sojourn content record'.
"""


class Approval(BaseModel):
    """A person's yes to one version. `at` is a moment in UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(pattern=r"^[0-9a-f]{64}$")
    by: str = Field(min_length=1)
    at: AwareDatetime


class Published(Approval):
    """A version that is live in the store, as `content.variant.Variant.texts` has it."""

    texts: dict[str, str]


class Standing(BaseModel):
    """Whether a content may leave as its files are, and why not. Only what is `approved` does."""

    model_config = ConfigDict(frozen=True)

    state: State
    why: str


class _Record(RootModel[dict[str, dict[str, Approval]]]):
    pass


class Approvals:
    """The approvals of one project, by content and channel."""

    def __init__(self, brought: Mapping[Place, Approval], review: Collection[Area]) -> None:
        """`review` names the areas that groups must agree to, for which nothing counts that is brought along."""
        self._brought = brought
        self._review = review
        self._published: Mapping[Place, Published | None] = {}

    @classmethod
    def load(cls, folder: Path, review: Collection[Area]) -> "Approvals":
        """Read what the content folder of a project brings along. Raises yamlfile.FileProblems."""
        file = folder / FILE
        written = yamlfile.read_as(_Record, file).root if file.is_file() else {}
        given = {(name, over): each for name, channels in written.items() for over, each in channels.items()}
        return cls(given, review)

    def with_published(self, published: Mapping[Place, Published | None]) -> "Approvals":
        """With what is live in the store; None is for what was taken back there, and so is approved by nobody."""
        later = Approvals(self._brought, self._review)
        later._published = published
        return later

    @property
    def published(self) -> Mapping[Place, Published | None]:
        """Everything that was ever published in the store."""
        return self._published

    def given(self, place: Place, variant: Variant | None) -> Approval | None:
        """The approval that counts of a content over a channel, whose files are now as `variant` has it."""
        if place in self._published:
            return self._published[place]
        brought = self._brought.get(place)
        return None if variant and self._to_agree(variant) else brought

    def standing(self, name: str, variant: Variant) -> Standing:
        """Where a content stands, as its channel has it now."""
        written, given = variant.front.status, self.given((name, variant.channel), variant)
        if written == "retired":
            return Standing(state="retired", why="its front matter says that it is retired")
        if written == "draft":
            return Standing(state="draft", why="its front matter says that it is a draft")
        if given is None:
            asked = self._to_agree(variant)
            others = f"; it touches {' and '.join(asked)}, which others must agree to" if asked else ""
            return Standing(state="in_review", why=f"nobody has approved it yet{others}")
        if given.version != variant.version:
            return Standing(state="draft", why=f"it was changed since {given.by} approved it")
        return Standing(state="approved", why=f"{given.by} approved it on {given.at:%Y-%m-%d}")

    def _to_agree(self, variant: Variant) -> list[Area]:
        return [area for area in touches(variant) if area in self._review]


def write_approvals(folder: Path, given: Mapping[Place, Approval]) -> None:
    """Write anew what the content folder of a project brings along."""
    written: dict[str, dict[str, dict[str, str]]] = {}
    for (name, channel), each in sorted(given.items()):
        at = each.at.isoformat(timespec="seconds")
        written.setdefault(name, {})[channel] = {"version": each.version, "by": each.by, "at": at}
    draft = (folder / FILE).with_suffix(".new")
    with draft.open("w", encoding="utf-8") as new:
        new.write(_HEAD)
        cast(Any, YAML()).dump(written, new)
    draft.replace(folder / FILE)
