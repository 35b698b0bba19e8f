"""The JSON Schema of journey files, by which editors complete and explain what is typed.

Made from the model. What the model reads besides its own form, such as one event for a list of them, is added.
"""

from collections.abc import Callable
from typing import Any, cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from journeys.model import Journey, parse_again
from journeys.parts import group_alone, name_alone, one_alone, parse_percent
from journeys.steps import VERBS
from journeys.times import check_moment

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PERCENT: JsonSchemaValue = {"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*%?\s*$", "examples": ["10%"]}
_AGAIN = r"^(never|one at a time|any time|(after\s+)?\d+[smhdw](\s*\d+[smhdw])*)$"


def journey_schema() -> dict[str, Any]:
    """The schema of one journey file."""
    made = Journey.model_json_schema(by_alias=True, schema_generator=_Generator)
    kinds = cast(dict[str, dict[str, Any]], made["$defs"])
    for verb, kind in VERBS.items():
        kinds[kind.__name__]["title"] = verb
    schema = cast(dict[str, Any], _clean(made))
    schema["$defs"]["Step"] = _STEP
    return {"$schema": DIALECT, **schema, "title": "A Sojourn journey"}


_STEP: JsonSchemaValue = {
    "description": f"A step starts with one of: {', '.join(VERBS)}.",
    "oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in VERBS.values()],
}


class _Generator(GenerateJsonSchema):
    """Pydantic's schemas, widened by the short forms that validators of ours turn into the long ones."""

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        long = self.generate_inner(schema["schema"])
        widen = _SHORT_FORMS.get(cast(Callable[..., object], schema["function"]["function"]))
        return widen(long) if widen else long


def _one_or_many(long: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [long["items"], long]}


def _text_or(long: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [{"type": "string"}, long]}


def _percent(long: JsonSchemaValue) -> JsonSchemaValue:
    return {"anyOf": [long, _PERCENT]}


def _again(long: JsonSchemaValue) -> JsonSchemaValue:
    return {"type": "string", "pattern": _AGAIN, "examples": ["never", "one at a time", "any time", "after 7d"]}


def _moment(long: JsonSchemaValue) -> JsonSchemaValue:
    return {"type": "string", "examples": ["30m", "next day at 10:00", "monday at 09:00", "2026-12-24 at 09:00"]}


_SHORT_FORMS: dict[Callable[..., object], Callable[[JsonSchemaValue], JsonSchemaValue]] = {
    one_alone: _one_or_many,
    name_alone: _text_or,
    group_alone: _text_or,
    parse_percent: _percent,
    parse_again: _again,
    check_moment: _moment,
}


def _clean(node: object, *, names: bool = False) -> object:
    """Without what only makes an editor's hints longer: titles of properties, and empty defaults.

    `names` is whether the keys of this node are names of properties, and no keywords.
    """
    if isinstance(node, list):
        return [_clean(item) for item in cast(list[object], node)]
    if not isinstance(node, dict):
        return node
    given = cast(dict[str, object], node)
    if not names and given.get("format") == "time":
        return {"type": "string", "pattern": r"^\d{2}:\d{2}(:\d{2})?$", "examples": ["09:00"]}
    if given == {"oneOf": _STEP["oneOf"]}:
        return {"$ref": "#/$defs/Step"}
    titled = "properties" in given
    return {
        key: _clean(value, names=key in ("properties", "$defs") and not names)
        for key, value in given.items()
        if names or not ((key == "title" and not titled) or (key == "default" and value in ("", [], {}, None)))
    }
