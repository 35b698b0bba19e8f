"""The approved content library: every content of a project by name and channel, ready to be rendered."""

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from content.catalogue import Catalogue
from content.reading import HTML, MAIL_NAMES, TEXT, read_email, read_fields
from content.rendering import RenderContext, Rendered, RenderingFailed, UnknownContent
from content.templates import Compiler
from content.variables import variables
from content.variant import Variant
from yamlfile import FileProblems, Problem, nearest

LAYOUTS = "_layout"
_FIELDS = re.compile(r"([a-z][a-z0-9_]*)\.yaml\.j2")
_NAMES = f"there may be {TEXT}, {HTML}, and <channel>.yaml.j2 for any other channel"


class Library:
    """Finds approved content and renders it. Loaded once; rendering is a pure function of its context."""

    def __init__(self, folder: Path, variants: Mapping[tuple[str, str], Variant], catalogue: Catalogue) -> None:
        self._project = folder.parent
        self._variants = variants
        self._catalogue = catalogue

    @classmethod
    def load(cls, folder: Path, catalogue: Catalogue) -> "Library":
        """Read a project's `content` folder; its templates show the products of `catalogue`.

        Raises yamlfile.FileProblems with every problem of every file, drafts included.
        """
        if not folder.is_dir():
            raise FileProblems([Problem(folder, 1, 1, "there is no such folder")])
        compiler = Compiler(folder / LAYOUTS)
        problems = compiler.check_layouts(also=MAIL_NAMES)
        variants: dict[tuple[str, str], Variant] = {}
        for content in sorted(f for f in folder.iterdir() if f.is_dir() and f.name[0] not in "._"):
            for channel, files in _by_channel(content, problems).items():
                try:
                    variants[content.name, channel] = _read(channel, files, compiler)
                except FileProblems as error:
                    problems += error.problems
        if problems:
            raise FileProblems(list(dict.fromkeys(problems)))
        return cls(folder, variants, catalogue)

    def names(self) -> list[str]:
        """Every approved content, by name."""
        return sorted({name for (name, _), variant in self._variants.items() if _approved(variant)})

    def channels(self, name: str) -> list[str]:
        """The channels that an approved content can go out by. Raises UnknownContent."""
        found = sorted(c for (n, c), variant in self._variants.items() if n == name and _approved(variant))
        if not found:
            raise UnknownContent(self._unknown(name))
        return found

    def attributes(self, name: str) -> frozenset[str]:
        """What an approved content shows of the run, over any channel. Raises UnknownContent."""
        variants = [self._variants[name, channel] for channel in self.channels(name)]
        used = (part for variant in variants for part in variant.used)
        return frozenset(part.removeprefix("run.") for part in used if part.startswith("run."))

    def render(self, name: str, channel: str, context: RenderContext) -> Rendered:
        """The message for one customer. Raises UnknownContent, or RenderingFailed with a file of the project."""
        if channel not in self.channels(name):
            has = ", ".join(self.channels(name))
            raise UnknownContent(f"the content '{name}' has nothing for {channel}; it has {has}")
        variant = self._variants[name, channel]
        marketing = variant.front.purpose == "marketing"
        product = self._catalogue.product(str(context.event.get("product_id", "")))
        try:
            fields = variant.fill(variables(context, self._catalogue, variant.front.language))
        except RenderingFailed as error:
            raise error.seen_from(self._project) from error
        return Rendered(
            content=name,
            channel=channel,
            fields=fields,
            marketing=marketing,
            topic=variant.front.topic or "",
            unsubscribe_url=context.unsubscribe_url if marketing else "",
            language=variant.front.language,
            categories=variant.front.categories | ({product.category} if product else frozenset[str]()),
            valid_from=variant.front.valid_from,
            valid_until=variant.front.valid_until,
            margin=product.margin if product else None,
            content_version=variant.version,
        )

    def _unknown(self, name: str) -> str:
        if any(n == name for n, _ in self._variants):
            return f"the content '{name}' is a draft; only what is approved leaves"
        fix = nearest(name, self.names())
        return f"there is no content '{name}'" + (f" ({fix})" if fix else "")


def _approved(variant: Variant) -> bool:
    return variant.front.status == "approved"


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
