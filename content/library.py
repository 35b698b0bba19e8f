"""The approved content library: every content of a project by name and channel, ready to be rendered."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from content.approvals import Approvals, Standing
from content.catalogue import Catalogue
from content.reading import HTML, MAIL_NAMES, TEXT, read_email, read_fields
from content.rendering import RenderContext, Rendered, RenderingFailed, UnknownContent
from content.templates import LAYOUTS, Compiler
from content.variables import variables
from content.variant import Variant
from yamlfile import FileProblems, Problem, nearest

_FIELDS = re.compile(r"([a-z][a-z0-9_]*)\.yaml\.j2")
_NAMES = f"there may be {TEXT}, {HTML}, and <channel>.yaml.j2 for any other channel"


@dataclass(frozen=True)
class Entry:
    """A content as one channel carries it, and whether it may leave."""

    name: str
    variant: Variant
    standing: Standing


class Library:
    """Finds approved content and renders it. Loaded once; rendering is a pure function of its context."""

    def __init__(self, folder: Path, entries: list[Entry], catalogue: Catalogue, *, unapproved: bool) -> None:
        self.entries = entries
        """Everything there is, approved or not, by name and channel."""
        self._project = folder.parent
        self._catalogue = catalogue
        self._usable = {
            (entry.name, entry.variant.channel): entry.variant
            for entry in entries
            if entry.standing.state == "approved" or (unapproved and entry.standing.state != "retired")
        }

    @classmethod
    def load(cls, folder: Path, catalogue: Catalogue, *, unapproved: bool = False) -> "Library":
        """Read a project's `content` folder; its templates show the products of `catalogue`. With `unapproved`
        it renders what nobody approved, too: for previews and rehearsals, where nothing leaves.

        Raises yamlfile.FileProblems with every problem of every file, drafts included.
        """
        if not folder.is_dir():
            raise FileProblems([Problem(folder, 1, 1, "there is no such folder")])
        compiler = Compiler(folder / LAYOUTS)
        problems = compiler.check_layouts(also=MAIL_NAMES)
        approvals, entries = Approvals.load(folder), list[Entry]()
        for content in sorted(f for f in folder.iterdir() if f.is_dir() and f.name[0] not in "._"):
            for channel, files in _by_channel(content, problems).items():
                try:
                    variant = _read(channel, files, compiler)
                    entries.append(Entry(content.name, variant, approvals.standing(content.name, variant)))
                except FileProblems as error:
                    problems += error.problems
        if problems:
            raise FileProblems(list(dict.fromkeys(problems)))
        return cls(folder, entries, catalogue, unapproved=unapproved)

    def names(self) -> list[str]:
        """Every approved content, by name."""
        return sorted({name for name, _ in self._usable})

    def channels(self, name: str) -> list[str]:
        """The channels that an approved content can go out by. Raises UnknownContent."""
        found = sorted(channel for usable, channel in self._usable if usable == name)
        if not found:
            raise UnknownContent(self._unknown(name))
        return found

    def attributes(self, name: str) -> frozenset[str]:
        """What an approved content shows of the run, over any channel. Raises UnknownContent."""
        variants = [self._usable[name, channel] for channel in self.channels(name)]
        used = (part for variant in variants for part in variant.used)
        return frozenset(part.removeprefix("run.") for part in used if part.startswith("run."))

    def render(self, name: str, channel: str, context: RenderContext) -> Rendered:
        """The message for one customer. Raises UnknownContent, or RenderingFailed with a file of the project."""
        if (name, channel) not in self._usable:
            raise UnknownContent(self._unknown(name, channel))
        variant = self._usable[name, channel]
        front, marketing = variant.front, variant.front.purpose == "marketing"
        product_id = str(context.event.get("product_id", front.product or ""))
        product = self._catalogue.product(product_id)
        try:
            _keep_to_offer(variant, context)
            fields = variant.fill(variables(context, self._catalogue, product_id, front.language))
        except RenderingFailed as error:
            raise error.seen_from(self._project) from error
        return Rendered(
            content=name,
            channel=channel,
            fields=fields,
            marketing=marketing,
            topic=front.topic or "",
            unsubscribe_url=context.unsubscribe_url if marketing else "",
            language=front.language,
            categories=front.categories | ({product.category} if product else frozenset[str]()),
            author=front.author,
            valid_from=front.valid_from,
            valid_until=front.valid_until,
            margin=product.margin if product else None,
            content_version=variant.version,
        )

    def _unknown(self, name: str, channel: str = "") -> str:
        """Why there is nothing of that name to render, or nothing for that channel."""
        there = {entry.variant.channel: entry.standing for entry in self.entries if entry.name == name}
        held = there.get(channel) or (next(iter(there.values())) if there and not channel else None)
        if held:
            where = f" for {channel}" if channel else ""
            return f"the content '{name}'{where} may not leave: {held.why}; only what is approved leaves"
        if there:
            return f"the content '{name}' has nothing for {channel}; it has {', '.join(sorted(there))}"
        fix = nearest(name, self.names())
        return f"there is no content '{name}'" + (f" ({fix})" if fix else "")


def _keep_to_offer(variant: Variant, context: RenderContext) -> None:
    """Raises RenderingFailed for a discount that is larger than the content was approved for."""
    most, offer = variant.front.offer, context.offer
    if offer and most is not None and offer.discount > most and "offer" in variant.used:
        reason = f"it may promise at most {most:g} %; the step offers {offer.discount:g} %"
        raise RenderingFailed(variant.file, 1, reason)


def _by_channel(folder: Path, problems: list[Problem]) -> dict[str, dict[str, Path]]:
    """The files of each channel by their names; what is no content file is added to `problems`."""
    channels: defaultdict[str, dict[str, Path]] = defaultdict(dict)
    for file in sorted(f for f in folder.iterdir() if not f.name.startswith(".")):
        if channel := _channel(file.name):
            channels[channel][file.name] = file
        else:
            problems.append(Problem(file, 1, 1, "this is not the name of a content file", _NAMES))
    if not channels:
        problems.append(Problem(folder, 1, 1, "this content has no channel", _NAMES))
    return channels


def _channel(file_name: str) -> str:
    """The channel that a file is for, or empty."""
    if file_name in (HTML, TEXT):
        return "email"
    match = _FIELDS.fullmatch(file_name)
    return match[1] if match and match[1] != "email" else ""


def _read(channel: str, files: Mapping[str, Path], compiler: Compiler) -> Variant:
    if channel == "email":
        return read_email(files, compiler)
    return read_fields(channel, next(iter(files.values())), compiler)
