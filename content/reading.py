"""Reads the files of one content for one channel and checks them. Every problem is told at its line."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from ruamel.yaml.scalarstring import FoldedScalarString, LiteralScalarString

import yamlfile
from content.front import EmailFrontMatter, FrontMatter, WhatsappFrontMatter
from content.shapes import SHAPES
from content.source import Source
from content.templates import LAYOUTS, Compiler, Fragment
from content.variant import Tree, Variant, fragments
from content.vendor_templates import wrong_places
from yamlfile import Document, FileProblems, Problem

EMAIL, WHATSAPP = "email", "whatsapp"
HTML, TEXT = "email.html.j2", "email.txt.j2"
MAIL_NAMES = ("subject", "preheader")
"""What a mail's bodies and their layouts may use beside the names all templates know."""

# The law wants both in every commercial mail (CAN-SPAM, section 5), so a mail without them is never approved.
_REQUIRED_IN_MARKETING = ("unsubscribe_url", "brand.address")


def read_files(channel: str, sources: Mapping[str, Source], compiler: Compiler) -> Variant:
    """What the files of a content for one channel say, by their names. Raises yamlfile.FileProblems."""
    if channel == EMAIL:
        return _read_email(sources, compiler)
    return _read_fields(channel, next(iter(sources.values())), compiler)


def read_texts(folder: Path, channel: str, texts: Mapping[str, str]) -> Variant:
    """A content for one channel from `Variant.texts`, as they lay in `folder`. Raises yamlfile.FileProblems."""
    layouts = {folder.parent / name: text for name, text in texts.items() if name.startswith(f"{LAYOUTS}/")}
    own = {name: Source.of(folder / name, text) for name, text in texts.items() if "/" not in name}
    return read_files(channel, own, Compiler.beside(layouts))


def _read_email(sources: Mapping[str, Source], compiler: Compiler) -> Variant:
    """A mail from `email.txt.j2` and, for most, `email.html.j2`, which then has the front matter.

    Raises yamlfile.FileProblems.
    """
    if TEXT not in sources:
        reason = "a mail needs its text beside the HTML, for those who read without"
        raise FileProblems([Problem(sources[HTML].file, 1, 1, reason, f"write {TEXT}")])
    main, text = sources.get(HTML, sources[TEXT]), sources[TEXT]
    if text is not main and text.front.root:
        raise FileProblems([Problem(text.file, 1, 1, f"the front matter of this mail stands in {HTML}")])
    front = yamlfile.validate(EmailFrontMatter, main.front)
    fields: dict[str, Tree] = {}
    for name in MAIL_NAMES:
        line = main.front.place((name,))[0]
        fields[name] = compiler.compile(cast(str, getattr(front, name)), main.file, line)
    fields["text"] = compiler.compile(text.body, text.file, text.line, MAIL_NAMES)
    if main is not text:
        fields["html"] = compiler.compile(main.body, main.file, main.line, MAIL_NAMES, html=True)
    bodies = [*fragments({name: tree for name, tree in fields.items() if name not in MAIL_NAMES})]
    if front.purpose == "marketing":
        _require(bodies)
    _require_texts(main.front, front, [[body] for body in bodies])
    return Variant(main.file, EMAIL, front, fields, _texts(sources.values()))


def _read_fields(channel: str, source: Source, compiler: Compiler) -> Variant:
    """Content that is a mapping of fields: each text in it is a template of its own.

    So the file is YAML before any value is filled in, and no value can change what it says.
    Raises yamlfile.FileProblems.
    """
    file = source.file
    front = yamlfile.validate(WhatsappFrontMatter if channel == WHATSAPP else FrontMatter, source.front)
    document = yamlfile.read(file, source.body, first_line=source.line)
    if not isinstance(yamlfile.plain(document.root), dict):
        raise FileProblems([Problem(file, source.line, 1, "expected fields, each with its text")])
    if channel in SHAPES:
        yamlfile.validate(SHAPES[channel], document)
    fields = cast(dict[str, Tree], _tree(document, document.root, (), compiler))
    _require_texts(source.front, front, [[*fragments(fields)]])
    if isinstance(front, WhatsappFrontMatter) and front.template_text:
        _require_places(source.front, front.template_text, fields)
    return Variant(file, channel, front, fields, _texts([source]))


def _tree(document: Document, node: object, path: tuple[str | int, ...], compiler: Compiler) -> Tree:
    if isinstance(node, dict):
        items = cast(dict[str, object], node).items()
        return {str(key): _tree(document, inner, (*path, key), compiler) for key, inner in items}
    if isinstance(node, list):
        inners = enumerate(cast(list[object], node))
        return [_tree(document, inner, (*path, place), compiler) for place, inner in inners]
    if not isinstance(node, str):
        raise FileProblems([document.problem(path, f"{node!r} is not a text", "put it in quotes")])
    # The text of a block, `body: |`, starts in the line below its key.
    below = isinstance(node, LiteralScalarString | FoldedScalarString)
    return compiler.compile(str(node), document.file, document.place(path)[0] + below)


def _require(bodies: Iterable[Fragment]) -> None:
    missing = [
        Problem(body.file, body.line, 1, f"a marketing mail must show {name}")
        for body in bodies
        for name in _REQUIRED_IN_MARKETING
        if name not in body.used
    ]
    if missing:
        raise FileProblems(missing)


def _require_texts(document: Document, front: FrontMatter, bodies: Iterable[list[Fragment]]) -> None:
    """Each body, which may be several fields, must have each text that the front matter requires."""
    written = [_words(" ".join([part.source for part in body] + _layouts(body))) for body in bodies]
    missing = [
        document.problem(("requires", place), f"the text that it requires is not in it: {text}")
        for place, text in enumerate(front.requires)
        if any(_words(text) not in each for each in written)
    ]
    if missing:
        raise FileProblems(missing)


def _require_places(document: Document, text: str, fields: Mapping[str, Tree]) -> None:
    """A template's text has a place for each parameter, and no other. Raises yamlfile.FileProblems."""
    parameters = cast(list[Tree], fields.get("parameters", []))
    wrong = wrong_places(text, len(parameters)) if "template" in fields else "there is no template"
    if wrong:
        raise FileProblems([document.problem(("template_text",), wrong, "write it as the vendor approved it")])


def _layouts(body: list[Fragment]) -> list[str]:
    return [text for part in body for text in part.layouts.values()]


def _words(text: str) -> str:
    return " ".join(text.split()).casefold()


def _texts(sources: Iterable[Source]) -> dict[str, str]:
    return {source.file.name: source.text for source in sources}
