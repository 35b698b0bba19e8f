"""Jinja2 templates that can only show data: compiled when the library is loaded, checked at their lines.

What they show is not trusted: a value is never part of a template's source, is escaped in HTML without a way
around it, and has no methods a template could call. What they do is bounded, see `content.metering`.
"""

import traceback
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from jinja2 import (
    Environment,
    FunctionLoader,
    StrictUndefined,
    Template,
    TemplateSyntaxError,
    Undefined,
    nodes,
    pass_context,
)
from jinja2.exceptions import TemplateError
from jinja2.meta import find_referenced_templates
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

import yamlfile
from content import formats, lint
from content.marks import as_written, with_links_named, without_marks
from content.metering import GROWING, LARGEST, METERS, TooMuch, bounding, calculated, metered, rewritten, written
from content.rendering import RenderingFailed

LAYOUTS = "_layout"
"""The folder of layouts in a content folder."""

# What is not among them lets a value become markup (`safe`, `urlize`), reaches past the data (`attr`), or makes as
# much as it is told to (`format`, `center`, `indent`, `batch`, `slice`, `wordwrap`).
_FILTERS = frozenset(
    {
        "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "forceescape",
        "groupby", "int", "items", "last", "length", "list", "lower", "map", "max", "min", "reject", "rejectattr",
        "reverse", "round", "select", "selectattr", "sort", "string", "striptags", "sum", "title", "trim",
        "truncate", "unique", "upper", "urlencode", "wordcount",
    }
)  # fmt: skip
_FAILURES = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


_KEPT = 500
"""How many compiled templates are kept beside the same layouts."""

# Jinja2 decides by a template's name whether to escape.
_HTML, _TEXT = ".html.j2", ".txt.j2"


@dataclass(frozen=True)
class Fragment:
    """One compiled template, where it stands, and what it is made of."""

    file: Path
    line: int
    template: Template
    source: str
    """What the author wrote."""
    layouts: Mapping[str, str]
    """The source of every layout it uses, directly or not, by name."""
    used: frozenset[str]
    """The names it and its layouts show, and their parts as in `brand.address`."""
    html: bool = False
    """Whether it gives HTML."""

    def render(self, variables: Mapping[str, Any]) -> str:
        """The finished text, without blanks around it. Raises RenderingFailed."""
        parts, size = list[str](), 0
        try:
            with metered():
                for part in self.template.generate(variables):
                    parts.append(part)
                    size += len(part)
                    if size > LARGEST:
                        raise TooMuch(f"the result is longer than {LARGEST} characters")
        except _FAILURES as error:
            raise RenderingFailed(*self._place(error), str(error) or type(error).__name__) from error
        text = "".join(parts)
        return (with_links_named(text) if self.html else without_marks(text)).strip()

    def _place(self, error: BaseException) -> tuple[Path, int]:
        """The innermost line of a template that the error passed through."""
        inside = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.endswith(".j2")]
        return (Path(inside[-1].filename), inside[-1].lineno or self.line) if inside else (self.file, self.line)


class Compiler:
    """Compiles templates that may use some layouts. What it has compiled it gives again: most of a library that is
    read anew is as it was."""

    def __init__(self, layouts: Mapping[Path, str]) -> None:
        """Of `beside`, which keeps one for the same layouts."""
        self._layouts = {file.name: file for file in layouts}
        self._sources = {file.name: source for file, source in layouts.items()}
        self._environment = _DataEnvironment(
            undefined=StrictUndefined,
            autoescape=_is_html,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=cast(Any, _shown),
            loader=_Layouts(self._load),
        )
        self._environment.globals.clear()
        own = {**GROWING, **formats.FILTERS}
        kept = {name: work for name, work in self._environment.filters.items() if name in _FILTERS} | dict(own)
        self._environment.filters = {name: bounding(work) for name, work in kept.items()} | dict(METERS)
        self._compiled = lru_cache(maxsize=_KEPT)(self._compile)

    @staticmethod
    def beside(layouts: Mapping[Path, str]) -> "Compiler":
        """The compiler for some layouts: the sources of files, which are known to templates by their names."""
        return _compiler(tuple(layouts.items()))

    @staticmethod
    def of_folder(folder: Path) -> "Compiler":
        """With the layouts of a folder."""
        return Compiler.beside({file: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.j2"))})

    def compile(
        self, source: str, file: Path, line: int = 1, also: Iterable[str] = (), *, html: bool = False
    ) -> Fragment:
        """Compile `source`, which stands in `file` from `line`; it may use the names in `also` too.

        Values are escaped when it gives HTML. Raises yamlfile.FileProblems with every problem at its line.
        """
        return self._compiled(source, file, line, frozenset(also), html)

    def _compile(self, source: str, file: Path, line: int, also: frozenset[str], html: bool) -> Fragment:
        # Blank lines before the source make Jinja2 count lines as the file has them.
        tree = self._parse("\n" * (line - 1) + source, file)
        if problems := lint.problems(tree, file, list(self._layouts), also):
            raise yamlfile.FileProblems(problems)
        trees = self._with_layouts(tree)
        used = frozenset[str]().union(*(lint.names_used(inner) for inner in (tree, *trees.values())))
        try:
            code = self._environment.compile(rewritten(tree), name=_HTML if html else _TEXT, filename=str(file))
        except TemplateSyntaxError as error:
            raise _syntax_problem(error, file) from error
        template = Template.from_code(self._environment, code, {})
        return Fragment(file, line, template, source, {name: self._sources[name] for name in trees}, used, html)

    def check_layouts(self, also: Iterable[str]) -> list[yamlfile.Problem]:
        """The problems of all layouts, whether a content uses them or not."""
        problems: list[yamlfile.Problem] = []
        for name, file in self._layouts.items():
            try:
                self.compile(self._sources[name], file, also=also, html=_is_html(name))
            except yamlfile.FileProblems as error:
                problems += error.problems
        return problems

    def _load(self, name: str) -> tuple[str, str, None] | None:
        return (self._sources[name], str(self._layouts[name]), None) if name in self._layouts else None

    def _parse(self, source: str, file: Path) -> nodes.Template:
        try:
            return self._environment.parse(source, name=file.name, filename=str(file))
        except TemplateSyntaxError as error:
            raise _syntax_problem(error, file) from error

    def _with_layouts(self, tree: nodes.Template) -> dict[str, nodes.Template]:
        """The layouts that a template uses, directly or not."""
        found, waiting = dict[str, nodes.Template](), [tree]
        while waiting:
            for name in find_referenced_templates(waiting.pop()):
                if name in self._layouts and name not in found:
                    found[name] = self._parse(self._sources[name], self._layouts[name])
                    waiting.append(found[name])
        return found


@lru_cache(maxsize=16)
def _compiler(layouts: tuple[tuple[Path, str], ...]) -> Compiler:
    return Compiler(dict(layouts))


class _Layouts(FunctionLoader):
    """Loads layouts as their templates are compiled: counting what they do."""

    def load(
        self,
        environment: Environment,
        name: str,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 Jinja2 names it so
    ) -> Template:
        source, file, _ = self.get_source(environment, name)
        code = environment.compile(rewritten(environment.parse(source, name, file)), name, file)
        return Template.from_code(environment, code, globals or {})


class _DataEnvironment(ImmutableSandboxedEnvironment):
    """A dot or a bracket after data finds a part of the data, never a method: `event.items` is a property.
    Only macros are called."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        return calculated(operator, left, right, self.binop_table[operator])

    def is_safe_callable(self, obj: Any) -> bool:
        owner = getattr(obj, "__self__", obj)
        return isinstance(owner, Macro | BlockReference | LoopContext | Undefined)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            return self._part(cast(Mapping[object, object], obj), attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping):
            return self._part(cast(Mapping[object, object], obj), argument)
        return super().getitem(obj, argument)

    def _part(self, data: Mapping[object, object], key: object) -> object:
        return data[key] if key in data else self.undefined(f"there is no '{key}' here")


@pass_context
def _shown(context: Context, value: object) -> object:
    """What a template shows, counted, and marked where it is of a part."""
    return written(context, as_written(value))


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(_HTML)


def _syntax_problem(error: TemplateSyntaxError, file: Path) -> yamlfile.FileProblems:
    return yamlfile.FileProblems([yamlfile.Problem(file, error.lineno, 1, error.message or "not a template")])
