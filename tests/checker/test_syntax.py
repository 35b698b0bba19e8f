from typing import Any, cast

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys.checking.meaning import FUNCTIONS
from journeys.checking.syntax import Call, Name, Operation, parse, walk

names = st.sampled_from(["event.a", "start.b.c", "customer['x y']", "run.d", "now"])
literals = st.sampled_from(["1", "2.5", "-3", "'it'", '"q\\""', "true", "null", "[1, 2]", "{'k': 1}", "r'\\d'"])
OPERATORS = st.sampled_from(["==", "!=", "<", "<=", "&&", "||", "+", "-", "*", "/", "%", "in"])
expressions = st.recursive(
    names | literals,
    lambda inner: st.one_of(
        st.tuples(inner, OPERATORS, inner).map(" ".join),
        inner.map(lambda e: f"({e})"),
        inner.map(lambda e: f"!({e})"),
        inner.map(lambda e: f"size({e})"),
        inner.map(lambda e: f"[{e}].exists(p, p == {e})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} ? {t[1]} : {t[2]})"),
    ),
    max_leaves=8,
)


@given(expressions)
def test_a_tree_names_what_the_compiler_says_the_expression_uses(source: str):
    program = cast(Any, cel.compile(source))
    tree = parse(source)

    assert tree is not None
    assert {part.name for part in walk(tree) if isinstance(part, Name)} == set(program.variables())


@given(expressions)
def test_every_part_stands_where_it_says_and_compiles_by_itself(source: str):
    tree = parse(source)

    assert tree is not None
    for part in walk(tree):
        cel.compile(source[part.start : part.end])


@given(st.text(max_size=30) | st.text("event.(){}[]&|!='\"+-*/<>?:1a, ", max_size=30))
def test_any_text_has_a_tree_or_none(text: str):
    tree = parse(text)

    assert tree is None or list(walk(tree))


@pytest.mark.parametrize(
    ("source", "outermost"),
    [
        ("1 + 2 * 3 > 4 && true || false", "||"),
        ("a && b || c && d", "||"),
        ("!a && b", "&&"),
        ("1 - 2 - 3", "-"),
        ("a ? b : c ? d : e", "?"),
        ("x in ['a'] == true", "=="),
    ],
)
def test_operators_bind_as_in_cel(source: str, outermost: str):
    tree = parse(source)

    assert isinstance(tree, Operation)
    assert tree.operator == outermost


def test_words_in_a_string_or_a_comment_are_no_names():
    tree = parse("event.a == 'customer.b && run.c' // start.d")

    assert tree is not None
    assert [part.name for part in walk(tree) if isinstance(part, Name)] == ["event"]


def test_a_macro_binds_its_variable():
    tree = parse("event.products.exists(p, p.id == 'a')")

    assert isinstance(tree, Call)
    assert tree.bound() == "p"


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_every_function_the_checker_knows_exists(function: str):
    calls = {
        "has": "has({'a': 1}.a)",
        "map": "[1].map(x, x)",
        "filter": "[1].filter(x, x > 0)",
        "timestamp": "timestamp('2026-01-01T00:00:00Z')",
        "duration": "duration('1h')",
        "size": "size('a')",
        **{name: f"[1].{name}(x, x > 0)" for name in ("exists", "all", "exists_one", "existsOne")},
        **{name: f"{name}('1')" for name in ("int", "uint", "double", "bytes", "string", "type", "dyn")},
        **{name: f"'a'.{name}('a')" for name in ("contains", "startsWith", "endsWith", "matches")},
    }
    call = calls.get(function, f"timestamp('2026-01-01T00:00:00Z').{function}()")

    cast(Any, cel.compile(call)).execute({})
