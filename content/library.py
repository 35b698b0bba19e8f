"""The approved content library: every content of a project by name and channel, ready to be rendered.

What leaves is the version that a person approved last. Its files may have changed since, or lie elsewhere: then it
is made from the texts that were published in the store.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment

from content.approvals import Approval, Approvals, Place, Published, Standing
from content.catalogue import Catalogue
from content.filling import Assembled, Part, SlotFiller, fill
from content.folder import read_folder
from content.front import EmailFrontMatter, WhatsappFrontMatter
from content.lint import shown_unasked
from content.reading import read_texts
from content.rendering import RenderContext, Rendered, RenderingFailed, UnknownContent
from content.surfaces import FILE as SURFACES
from content.surfaces import Surface, load_surfaces, said
from content.variant import Variant, fragments
from journeys.features import Asked
from journeys.review import Area
from policies.model import SLOT, Policy
from policies.registry import load_policies
from yamlfile import FileProblems, Problem, nearest


@dataclass(frozen=True)
class Entry:
    """A content as one channel carries it, and what of it leaves."""

    name: str
    variant: Variant
    """As its files are; of what lies only in the store, as it was published there."""
    standing: Standing
    given: Approval | None
    """The approval that counts of it."""
    approved: Variant | None
    """The version that it is for, which may be another than its files are."""

    @property
    def place(self) -> Place:
        return self.name, self.variant.channel

    @property
    def leaves(self) -> Variant | None:
        """What customers get; None where nobody approved any version, or its head or that of its files ends it."""
        ended = self.variant.front.status == "retired"
        return self.approved if self.approved and self.approved.front.status == "in_review" and not ended else None


class Library:
    """Finds approved content and renders it: as it was loaded, or as it was taken up since. Rendering is a pure
    function of its context."""

    def __init__(
        self,
        folder: Path,
        written: Mapping[Place, Variant],
        approvals: Approvals,
        catalogue: Catalogue,
        *,
        unapproved: bool,
    ) -> None:
        """`written` is what the files of the folder say. Raises yamlfile.FileProblems for published texts that
        cannot be read, and for surfaces that do not fit."""
        self._folder = folder
        self._written = written
        self._approvals = approvals
        self.catalogue = catalogue
        """The products that its templates show."""
        self._unapproved = unapproved
        there = sorted({*written, *(place for place, each in approvals.published.items() if each)})
        self.entries = [self._entry(place) for place in there]
        """Everything there is, approved or not, by name and channel."""
        self._usable = {each.place: usable for each in self.entries if (usable := self._usable_of(each))}
        self._judged_by: Sequence[Policy] | None = None
        self._filler = self._slot_filler()
        _know_surfaces(self.entries, list(self.surfaces))

    @classmethod
    def load(
        cls, folder: Path, catalogue: Catalogue, *, unapproved: bool = False, review: Collection[Area] = ()
    ) -> "Library":
        """Read a project's `content` folder; its templates show the products of `catalogue`. With `unapproved`
        it renders what nobody approved, too: for previews and rehearsals, where nothing leaves. What touches an
        area of `review` is not approved by what the folder brings along.

        Raises yamlfile.FileProblems with every problem of every file, drafts included.
        """
        written = read_folder(folder)
        approvals = Approvals.load(folder, review)
        return cls(folder, written, approvals, catalogue, unapproved=unapproved)

    @property
    def live(self) -> Mapping[Place, str]:
        """The versions that it knows to be published; empty where one was taken back."""
        return {place: each.version if each else "" for place, each in self._approvals.published.items()}

    def with_published(self, published: Mapping[Place, Published | None]) -> "Library":
        """The same files with what is published by now; None is for what was taken back. Raises
        yamlfile.FileProblems for texts that this release cannot read."""
        approvals = self._approvals.with_published(published)
        return Library(self._folder, self._written, approvals, self.catalogue, unapproved=self._unapproved)

    def take_up(self, later: "Library") -> None:
        """Render from now on what `with_published` gave."""
        if self._judged_by is not None:
            later.judge_by(self._judged_by)
        self._approvals, self.entries = later._approvals, later.entries
        self._usable, self._filler = later._usable, later._filler

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
        return self.render_variant(name, self.variant(name, channel), context)

    def render_variant(self, name: str, variant: Variant, context: RenderContext) -> Rendered:
        """The message that a version of a content makes, whether it leaves or not. Raises RenderingFailed."""
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
            raise error.seen_from(self._folder.parent) from error
        about = front.categories.union(*(part.categories for part in parts))
        return Rendered(
            content=name,
            channel=variant.channel,
            fields=fields,
            marketing=marketing,
            topic=front.topic or "",
            unsubscribe_url=context.unsubscribe_url if marketing else "",
            language=front.language,
            categories=about | (product.about if product else frozenset[str]()),
            author=front.author,
            template_text=front.template_text if isinstance(front, WhatsappFrontMatter) else "",
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

    def asks(self, surface: str) -> Asked | None:
        """What a surface and the policies that judge its slots ask of the customer; None may be everything."""
        return self._filler.asks(surface)

    def leaves_alone(self, attributes: Mapping[str, Any]) -> bool:
        """Whether a customer objected to what is made for them, and gets what is for everyone in its place."""
        return self._filler.leaves_alone(attributes)

    def held_out(self, customer_id: str) -> str:
        """Why a customer is kept back for comparison, with what is for everyone; empty when they are not."""
        return self._filler.held_out(customer_id)

    def assemble(self, surface: str, context: RenderContext) -> Assembled:
        """A surface as one customer gets it. Raises UnknownContent for one that is not declared."""
        if surface not in self.surfaces:
            raise UnknownContent(f"there is no surface '{surface}'")
        return self._filler.fill(self.surfaces[surface], context)

    def _entry(self, place: Place) -> Entry:
        name, channel = place
        written, published = self._written.get(place), self._approvals.published.get(place)
        given = self._approvals.given(place, written)
        approved = written if written and given and given.version == written.version else None
        if approved is None and published is not None:
            approved = read_texts(self._folder / name, channel, published.texts)
        variant = written or approved
        assert variant is not None, "every place has files, or was published"
        return Entry(name, variant, self._approvals.standing(name, variant), given, approved)

    def _usable_of(self, entry: Entry) -> Variant | None:
        if self._unapproved:
            return None if entry.standing.state == "retired" else entry.variant
        return entry.leaves

    def _slot_filler(self) -> SlotFiller:
        for_slots = [each for each in self.entries if each.variant.channel == SLOT]
        contents = {each.name: (self._usable.get(each.place), each.standing) for each in for_slots}
        shown = {each.name: self._usable.get(each.place, each.variant) for each in for_slots}
        known = {name: said(part.source for part in fragments(each.fields)) for name, each in shown.items()}
        project, there = self._folder.parent, {each.place for each in self.entries}
        surfaces = load_surfaces(project / SURFACES, there, known)
        policies = load_policies(project / "policies.yaml") if surfaces else ()
        return SlotFiller(surfaces, contents, self.catalogue, policies)

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


def load_library(project: Path, *, unapproved: bool = False, review: Collection[Area] = ()) -> Library:
    """The library of a project folder, with its catalogue, as `Library.load` reads it. Raises
    yamlfile.FileProblems."""
    catalogue = Catalogue.load(project / "catalogue.yaml")
    return Library.load(project / "content", catalogue, unapproved=unapproved, review=review)


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
