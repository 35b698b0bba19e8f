"""Which content a person approved: `content/approved.yaml`, kept with the content under version control.

An approval is for one version, the hash of everything a message is made from. Once a file changes, or a layout
that it uses, the version is another and nobody has approved it yet.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, RootModel
from ruamel.yaml import YAML

import yamlfile
from content.variant import Variant

FILE = "approved.yaml"
State = Literal["draft", "in_review", "approved", "retired"]
_HEAD = """\
# Which versions of this content were approved, and by whom. Written by 'sojourn content approve'.
"""


class Approval(BaseModel):
    """A person's yes to one version. `at` is a moment in UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(pattern=r"^[0-9a-f]{64}$")
    by: str = Field(min_length=1)
    at: AwareDatetime


class Standing(BaseModel):
    """Whether a content may leave, and why not. Only what is `approved` leaves."""

    model_config = ConfigDict(frozen=True)

    state: State
    why: str


class _Record(RootModel[dict[str, dict[str, Approval]]]):
    pass


class Approvals:
    """The approvals of one content folder, by content and channel."""

    def __init__(self, file: Path, given: dict[str, dict[str, Approval]]) -> None:
        self._file = file
        self._given = given

    @classmethod
    def load(cls, folder: Path) -> "Approvals":
        """Read them; a folder without the file has none. Raises yamlfile.FileProblems."""
        file = folder / FILE
        return cls(file, yamlfile.read_as(_Record, file).root if file.is_file() else {})

    def standing(self, name: str, variant: Variant) -> Standing:
        """Where a content stands, as its channel has it now."""
        written, given = variant.front.status, self._given.get(name, {}).get(variant.channel)
        if written == "retired":
            return Standing(state="retired", why="its front matter says that it is retired")
        if written == "draft":
            return Standing(state="draft", why="its front matter says that it is a draft")
        if given is None:
            return Standing(state="in_review", why="nobody has approved it yet")
        if given.version != variant.version:
            return Standing(state="draft", why=f"it was changed since {given.by} approved it")
        return Standing(state="approved", why=f"{given.by} approved it on {given.at:%Y-%m-%d}")

    def give(self, name: str, variant: Variant, by: str, at: datetime) -> None:
        """Approve a content as it is now, in this person's name. `save` keeps it."""
        self._given.setdefault(name, {})[variant.channel] = Approval(version=variant.version, by=by, at=at)

    def save(self, still: set[tuple[str, str]]) -> None:
        """Write the file anew, without the content and channels that are no longer among `still`."""
        kept = {
            name: {
                channel: {"version": each.version, "by": each.by, "at": each.at.isoformat(timespec="seconds")}
                for channel, each in sorted(channels.items())
                if (name, channel) in still
            }
            for name, channels in sorted(self._given.items())
        }
        draft = self._file.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as new:
            new.write(_HEAD)
            cast(Any, YAML()).dump({name: each for name, each in kept.items() if each}, new)
        draft.replace(self._file)
