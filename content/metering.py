"""What a template may spend: steps, time, memory and output, so that no template can stop a worker.

Jinja2's sandbox keeps a template from reaching the machine, not from using it up: nested loops, `'a' * 10**9`,
`10 ** 10**7`, text that doubles itself. So templates are rewritten when they are compiled, to count what they do;
every value has a bounded size, whatever made it; and only macros may be called.
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, cast

from jinja2 import nodes, pass_context, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, markup_join, str_join
from jinja2.visitor import NodeTransformer

LARGEST = 256 * 1024
"""The most characters of one text, and of all that a template gives."""
_STEPS = 100_000
"""The most turns of loops and calls of macros in one rendering."""
_SECONDS = 1.0
"""The most processor time of one rendering."""
_WRITTEN = 8 * LARGEST
"""The most characters written on the way, to what is kept, thrown away or sent."""
_ITEMS = 20_000
"""The most values in one list or mapping, those inside counted."""
_BITS = 1024
"""The largest whole number."""

STEP, JOINED, BOUNDED = "_step", "_joined", "_bounded"
"""Filters that only rewritten templates use."""


class TooMuch(ValueError):
    """A template wants more than it may have."""


class _Budget:
    """What one rendering has left."""

    def __init__(self) -> None:
        self._steps, self._written = _STEPS, _WRITTEN
        self._until = time.thread_time() + _SECONDS

    def step(self, characters: int) -> None:
        self._steps -= 1
        if self._steps < 0:
            raise TooMuch(f"the template takes more than {_STEPS} turns of loops and calls of macros")
        if time.thread_time() > self._until:
            raise TooMuch(f"the template takes longer than {_SECONDS:g} s")
        self.write(characters)

    def write(self, characters: int) -> None:
        self._written -= characters
        if self._written < 0:
            raise TooMuch(f"the template writes more than {_WRITTEN} characters")


_budget: ContextVar[_Budget] = ContextVar("budget")


@contextmanager
def metered() -> Generator[None]:
    """Give the rendering within a budget of its own."""
    token = _budget.set(_Budget())
    try:
        yield
    finally:
        _budget.reset(token)


def rewritten(tree: nodes.Template) -> nodes.Template:
    """The same template, counting what it does."""
    return cast(nodes.Template, _Rewriting().visit(tree))


class _Rewriting(NodeTransformer):
    """Counts each turn of a loop and each call of a macro, and bounds what is put together."""

    def get_visitor(self, node: nodes.Node) -> Any:
        if isinstance(node, nodes.For | nodes.Macro | nodes.CallBlock):
            return self._counting
        if isinstance(node, nodes.Concat):
            return self._concatenated
        loaded = not isinstance(node, nodes.Tuple) or node.ctx == "load"
        return self._bounded if isinstance(node, nodes.List | nodes.Dict | nodes.Tuple) and loaded else None

    def _concatenated(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), JOINED)

    def _bounded(self, node: nodes.List | nodes.Dict | nodes.Tuple) -> nodes.Node:
        self.generic_visit(node)
        return _filter(node, BOUNDED)

    def _counting(self, node: nodes.For | nodes.Macro | nodes.CallBlock) -> nodes.Node:
        self.generic_visit(node)
        written = sum(len(text.data) for text in node.find_all(nodes.TemplateData))
        step = _filter(nodes.Const(written, lineno=node.lineno), STEP)
        node.body.insert(0, nodes.ExprStmt(step, lineno=node.lineno))
        return node


def _filter(inner: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(inner, name, [], [], None, None, lineno=inner.lineno)


@pass_context
def _step(_context: Context, written: int) -> None:
    _budget.get().step(written)


@pass_eval_context
def _joined(context: EvalContext, parts: list[Any]) -> str:
    texts = [part if isinstance(part, str) else str(part) for part in parts]
    _allow(sum(map(len, texts)))
    return (markup_join if context.autoescape else str_join)(texts)


@pass_context
def written(_context: Context, value: object) -> object:
    """What a template shows, counted. Texts stay what they are, so that what is safe is not escaped again."""
    shown = value if isinstance(value, str) else str(bounded(value))
    _budget.get().write(len(shown))
    return shown


def bounded(value: Any) -> Any:
    """The same value. Raises TooMuch when it is larger than any that a message needs."""
    left = [_ITEMS, LARGEST]
    _measure(value, left)
    return value


def _measure(value: object, left: list[int]) -> None:
    if isinstance(value, str):
        left[1] -= len(value)
    elif isinstance(value, int) and value.bit_length() > _BITS:
        raise TooMuch("the template makes a number that is too large")
    elif isinstance(value, Mapping):
        for key, inner in cast(Mapping[object, object], value).items():
            left[0] -= 1
            _measure(key, left)
            _measure(inner, left)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in cast(list[object], value):
            left[0] -= 1
            _measure(inner, left)
    if left[0] < 0:
        raise TooMuch(f"the template puts more than {_ITEMS} values together")
    _allow(LARGEST - left[1])


def _allow(characters: int) -> None:
    if characters > LARGEST:
        raise TooMuch(f"the template makes a text that is longer than {LARGEST} characters")


def calculated(operator: str, left: Any, right: Any, calculate: Callable[[Any, Any], Any]) -> Any:
    """The result of an operator, refused before it is worked out where it would be too large. Raises TooMuch."""
    if operator == "*":
        for many, times in ((left, right), (right, left)):
            if isinstance(many, str | list | tuple) and isinstance(times, int):
                _allow(len(cast(str, many)) * max(times, 0))
    if operator == "**" and not (abs(left) <= 10**6 and abs(right) <= 50):
        raise TooMuch("the template makes a number that is too large")
    if operator == "%" and isinstance(left, str):
        raise TooMuch("'%' is for numbers; put texts together with '~'")
    return bounded(calculate(left, right))


def bounding(work: Callable[..., Any]) -> Callable[..., Any]:
    """The same filter, its result bounded; what marks it for Jinja2 stays."""

    @wraps(work)
    def bounded_work(*given: Any, **named: Any) -> Any:
        return bounded(work(*given, **named))

    return bounded_work


@pass_eval_context
def replace(context: EvalContext, text: object, old: str, new: str) -> str:
    """`text | replace(old, new)`: every one, where the result is of bounded length. Raises TooMuch."""
    from jinja2.filters import do_replace

    shown = str(text)
    _allow(len(shown) + (shown.count(str(old)) if old else len(shown) + 1) * len(str(new)))
    return do_replace(context, cast(str, text), old, new)


@pass_eval_context
def join(context: EvalContext, values: Any, between: str = "", attribute: str | None = None) -> str:
    """`values | join(', ')`, where the result is of bounded length. Raises TooMuch."""
    from jinja2.filters import sync_do_join

    items = list(values)
    bounded(items)
    _allow(len(str(between)) * len(items))
    return sync_do_join(context, items, between, attribute)


METERS: Mapping[str, Callable[..., Any]] = {STEP: _step, JOINED: _joined, BOUNDED: bounded}
GROWING: Mapping[str, Callable[..., Any]] = {"replace": replace, "join": join}
"""Filters whose result may be larger than what they are given, in their bounded form."""
