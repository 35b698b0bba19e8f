"""The approved content library: every content of a project by name and channel, ready to be rendered."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment

from content.approvals import FILE, Approvals, Standing
from content.catalogue import Catalogue
from content.filling import Assembled, Part, SlotFiller, fill
from content.front import EmailFrontMatter
from content.lint import shown_unasked
from content.reading import HTML, MAIL_NAMES, TEXT, read_email, read_fields
from content.rendering import RenderContext, Rendered, RenderingFailed, UnknownContent
from content.surfaces import CHANNEL, Surface, load_surfaces, said
from content.surfaces import FILE as SURFACES
from content.templates import LAYOUTS, Compiler
from content.variant import Variant, fragments
from policies.model import Policy
from policies.registry import load_policies
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
    """Finds approved content and renders it: as it was loaded, or as it was taken up since. Rendering is a pure
    function of its context."""

    def __init__(self, folder: Path, entries: list[Entry], catalogue: Catalogue, *, unapproved: bool) -> None:
        """Raises yamlfile.FileProblems for surfaces that do not fit the entries."""
        self.entries = entries
        """Everything there is, approved or not, by name and channel."""
        self._project = folder.parent
        self.catalogue = catalogue
        """The products that its templates show."""
        self._unapproved = unapproved
        self._usable = {
            (each.name, each.variant.channel): each.variant for each in entries if self._may_leave(each.standing)
        }
        self._approved_at = 0
        self._judged_by: Sequence[Policy] | None = None
        self._filler = self._slot_filler()
        _know_surfaces(entries, list(self.surfaces))

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
        # Asked before they are read, so that no approval is missed.
        approved_at = _changed_at(folder / FILE)
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
        library = cls(folder, entries, catalogue, unapproved=unapproved)
        library._approved_at = approved_at
        return library

    @property
    def approvals(self) -> Path:
        """The file with what is approved; it need not be there yet."""
        return self._project / "content" / FILE

    @property
    def outdated(self) -> bool:
        """Whether something was approved or withdrawn since the folder was read."""
        return _changed_at(self.approvals) != self._approved_at

    def renew(self) -> None:
        """Render from now on what the folder has now, with the same products. Reading it takes a while, in which
        messages may go on being made in other threads. Raises yamlfile.FileProblems, and nothing has changed."""
        later = Library.load(self._project / "content", self.catalogue, unapproved=self._unapproved)
        if self._judged_by is not None:
            later.judge_by(self._judged_by)
        self.entries, self._usable, self._filler = later.entries, later._usable, later._filler
        self._approved_at = later._approved_at

    def judge_by(self, policies: Sequence[Policy]) -> None:
        """Fill slots by these policies, which are live, and no longer by those of the folder."""
        self._judged_by = policies
        self._filler.judge_by(policies)

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
        surfaces = {surface for variant in variants if (surface := _surface_of(variant))}
        used = [part for variant in variants for part in variant.used]
        used += [part for surface in surfaces for part in self._filler.used(surface)]
        return frozenset(part.removeprefix("run.") for part in used if part.startswith("run."))

    def needs_offer(self, name: str) -> bool:
        """Whether an approved content cannot be made without an offer over some channel. Raises UnknownContent."""
        parts = [part for channel in self.channels(name) for part in fragments(self._usable[name, channel].fields)]
        sources = (source for part in parts for source in (part.source, *part.layouts.values()))
        return any(shown_unasked(Environment(autoescape=True).parse(source), "offer") for source in sources)

    def render(self, name: str, channel: str, context: RenderContext) -> Rendered:
        """The message for one customer. Raises UnknownContent, or RenderingFailed with a file of the project."""
        variant = self.variant(name, channel)
        front, marketing = variant.front, variant.front.purpose == "marketing"
        product_id = str(context.event.get("product_id", front.product or ""))
        product = self.catalogue.product(product_id)
        surface = _surface_of(variant)
        assembled = self.assemble(surface, context) if surface else None
        slots = assembled.by_slot(self.surfaces[surface]) if assembled else {}
        parts = assembled.parts if assembled else ()
        try:
            fields = fill(variant, context, self.catalogue, product_id, slots)
        except RenderingFailed as error:
            raise error.seen_from(self._project) from error
        about = front.categories.union(*(part.categories for part in parts))
        return Rendered(
            content=name,
            channel=channel,
            fields=fields,
            marketing=marketing,
            topic=front.topic or "",
            unsubscribe_url=context.unsubscribe_url if marketing else "",
            language=front.language,
            categories=about | (product.about if product else frozenset[str]()),
            author=front.author,
            valid_from=front.valid_from,
            valid_until=front.valid_until,
            margin=product.margin if product else None,
            picks=tuple(part.pick for part in parts),
            content_version=_version(variant, parts),
        )

    def variant(self, name: str, channel: str) -> Variant:
        """An approved content as one channel carries it. Raises UnknownContent."""
        if (name, channel) not in self._usable:
            raise UnknownContent(self._unknown(name, channel))
        return self._usable[name, channel]

    @property
    def surfaces(self) -> Mapping[str, Surface]:
        """What the project puts together from slots, by name."""
        return self._filler.surfaces

    def surface_of(self, name: str, channel: str) -> str:
        """The surface that a content is put together from over a channel; empty where it is from none."""
        variant = self._usable.get((name, channel))
        return _surface_of(variant) if variant else ""

    def assemble(self, surface: str, context: RenderContext) -> Assembled:
        """A surface as one customer gets it. Raises UnknownContent for one that is not declared."""
        if surface not in self.surfaces:
            raise UnknownContent(f"there is no surface '{surface}'")
        return self._filler.fill(self.surfaces[surface], context)

    def _may_leave(self, standing: Standing) -> bool:
        return standing.state == "approved" or (self._unapproved and standing.state != "retired")

    def _slot_filler(self) -> SlotFiller:
        for_slots = {each.name: each for each in self.entries if each.variant.channel == CHANNEL}
        known = {
            name: said(part.source for part in fragments(entry.variant.fields))
            for name, entry in for_slots.items()
        }
        there = {(entry.name, entry.variant.channel) for entry in self.entries}
        surfaces = load_surfaces(self._project / SURFACES, there, known)
        contents = {name: (entry.variant, entry.standing) for name, entry in for_slots.items()}
        policies = load_policies(self._project / "policies.yaml") if surfaces else ()
        return SlotFiller(surfaces, contents, self._may_leave, self.catalogue, policies)

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


def load_library(project: Path, *, unapproved: bool = False) -> Library:
    """The library of a project folder, with its catalogue. Raises yamlfile.FileProblems."""
    return Library.load(project / "content", Catalogue.load(project / "catalogue.yaml"), unapproved=unapproved)


def _changed_at(file: Path) -> int:
    """When a file was last written, in nanoseconds; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _surface_of(variant: Variant) -> str:
    """The surface that a mail is put together from, or empty."""
    return variant.front.surface if isinstance(variant.front, EmailFrontMatter) else ""


def _know_surfaces(entries: list[Entry], known: list[str]) -> None:
    """Raises yamlfile.FileProblems for mails of surfaces that are not declared."""
    named = ((_surface_of(entry.variant), entry.variant.file) for entry in entries)
    problems = [
        Problem(file, 1, 1, f"surfaces.yaml has no surface '{name}'", nearest(name, known))
        for name, file in named
        if name and name not in known
    ]
    if problems:
        raise FileProblems(problems)


def _version(variant: Variant, parts: Sequence[Part]) -> str:
    """The version of a content, and of what stands in its slots."""
    versions = [variant.version, *(part.version for part in parts)]
    return hashlib.sha256("\n".join(versions).encode()).hexdigest() if parts else variant.version


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
