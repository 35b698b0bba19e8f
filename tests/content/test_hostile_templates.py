"""No template, however written, keeps a worker busy, fills its memory or gives without end."""

import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from content.library import Library
from content.rendering import RenderContext, RenderingFailed

Write = Callable[[str, str], Path]
Load = Callable[[], Library]

DIGITS = "'0123456789' * 10"
LOOPS = "".join(f"{{% for x{n} in {DIGITS} %}}" for n in range(8)) + "x" + "{% endfor %}" * 8
SILENT = "".join(f"{{% for x{n} in {DIGITS} if false or x{n} %}}" for n in range(8)) + "{% endfor %}" * 8
DOUBLED = "{% set a = 'aaaaaaaa' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}"
NESTED = "{% set a = [1] %}" + "{% set a = [a, a] %}" * 40 + "{{ a }}"
CAUGHT = f"{{% set a %}}{LOOPS.replace('x{%', 'x' * 4000 + '{%')}{{% endset %}}{{{{ a | length }}}}"
TREE = "{% macro m(n) %}{% if n > 0 %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(40) }}"
AGAIN = "{% for x in ['a'] recursive %}{{ loop([x, x]) }}{% endfor %}"

HOSTILE = {
    "nested loops": LOOPS,
    "loops that give nothing": SILENT,
    "a text a thousand million long": "{{ 'a' * 10**9 }}",
    "the same with the number first": "{{ 10**9 * 'a' }}",
    "a list as long": "{{ [1] * 10**9 }}",
    "a power": "{{ 10 ** 10000000 }}",
    "a power of a power": "{{ 9 ** 9 ** 9 }}",
    "a number that grows": "{% set a = 10 ** 50 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    "a printf width": "{{ '%1000000000d' % 1 }}",
    "the filter format": "{{ '%1000000000d' | format(1) }}",
    "the filter center": "{{ 'a' | center(1000000000) }}",
    "the filter indent": "{{ 'a' | indent(1000000000, true) }}",
    "the filter batch": "{{ [1] | batch(1000000000, 0) | list | length }}",
    "the filter slice": "{{ [1] | slice(1000000000) | list | length }}",
    "a method of a text": "{{ 'a'.ljust(1000000000) }}",
    "a method with a width": "{{ '{:1000000000}'.format(1) }}",
    "a method of a number": "{{ (1).to_bytes(1000000000) }}",
    "a text that doubles": DOUBLED,
    "a sum that doubles": DOUBLED.replace("~", "+"),
    "a list that doubles": NESTED,
    "a replacement that grows": "{% set a = 'a' * 99999 %}{{ a | replace('a', a) }}",
    "a replacement of nothing": "{% set a = 'a' * 99999 %}{{ a | replace('', a) }}",
    "a join that grows": "{% set a = 'a' * 99999 %}{{ a | join(a) }}",
    "a join of one long text": "{% set a = 'a' * 9999 %}{{ ([a] * 999) | join }}",
    "output caught in a variable": CAUGHT,
    "a macro that calls itself twice": TREE,
    "a macro without an end": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a loop without an end": AGAIN,
    "an amount without an end": "{{ '1e999999' | money('EUR') }}",
    "a share too exact": "{{ '1e-999999' | percent }}",
    "a class": "{{ ''.__class__.__mro__ }}",
    "a global": "{{ self.__init__.__globals__ }}",
}  # fmt: skip


@pytest.mark.parametrize("template", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_template_is_stopped_soon_and_before_it_fills_the_memory(
    write: Write, load: Load, context: RenderContext, template: str
):
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.thread_time()

    # A filter that is not there is told when the content is loaded, the rest when it is rendered.
    with pytest.raises(
        Exception, match=r"No filter named|for numbers|too|more than|longer|recursion|unsafe|safely"
    ):
        _render(write, load, context, template)

    assert time.thread_time() - began < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000, "kilobytes more than before"


def test_a_layout_is_bounded_as_its_templates_are(write: Write, load: Load, context: RenderContext):
    write("_layout/busy.txt.j2", LOOPS)

    with pytest.raises(RenderingFailed, match="turns of loops"):
        _render(write, load, context, "{% include 'busy.txt.j2' %}")


def test_what_an_event_brings_makes_no_loop_endless(write: Write, load: Load, context: RenderContext):
    many = context.model_copy(update={"event": {"items": ["x"] * 5000}})
    twice = "{% for a in event['items'] %}{% for b in event['items'] %}{% endfor %}{% endfor %}"

    with pytest.raises(RenderingFailed, match="turns of loops"):
        _render(write, load, many, twice)


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{% for p in [1, 2, 3] %}{{ loop.index }}{% if not loop.last %},{% endif %}{% endfor %}", "1,2,3"),
        ("{% for a, b in {'x': 1} | dictsort %}{{ a ~ b }}{% endfor %}", "x1"),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m('a') ~ m(2 + 3) }}", "<a><5>"),
        ("{{ ['a', 'b'] | map('upper') | join(' and ') }} {{ 'a-b' | replace('-', '+') }}", "A and B a+b"),
        ("{{ 3 | plural(one='# night', other='# nights') }}, {{ 1 | plural(one='# night', other='# nights') }}",
         "3 nights, 1 night"),
        ("{{ '2026-03-03' | date }} {{ now | date }} {{ 12345.5 | number }}", "Tue, 3 Mar Tue, 3 Mar 12,345.5"),
    ],
)  # fmt: skip
def test_what_templates_need_works_as_before(
    write: Write, load: Load, context: RenderContext, template: str, shown: str
):
    assert _render(write, load, context, template) == shown


@pytest.mark.parametrize(("count", "shown"), [(1, "1 noc"), (3, "3 noce"), (5, "5 nocí"), (1.5, "1,5 noci")])
def test_a_language_has_the_plurals_it_has(
    write: Write, load: Load, context: RenderContext, count: float, shown: str
):
    nights = "{{ event.n | plural(one='# noc', few='# noce', many='# noci', other='# nocí') }}"
    czech = context.model_copy(
        update={"event": {"n": count}, "customer": context.customer.model_copy(update={"locale": "cs-CZ"})}
    )

    assert _render(write, load, czech, nights, "language: cs\n") == shown


def test_markup_that_a_macro_made_is_not_escaped_twice(write: Write, load: Load, context: RenderContext):
    html = "{% macro b(x) %}<b>{{ x }}</b>{% endmacro %}{{ b('&') ~ '<' }}{% set c %}{{ b(1) }}{% endset %}{{ c }}"
    write("x/email.html.j2", f"---\nsubject: s\npurpose: transactional\n---\n{html}")
    write("x/email.txt.j2", "t")

    assert load().render("x", "email", context).fields["html"] == "<b>&amp;</b>&lt;<b>1</b>"


def _render(write: Write, load: Load, context: RenderContext, template: str, front: str = "") -> Any:
    head = f"---\nsubject: s\npurpose: transactional\n{front}---\n"
    write("x/email.txt.j2", head + template)
    return load().render("x", "email", context).fields["text"]
