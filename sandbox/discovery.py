"""Turns a Google discovery document into a strict JSON Schema: what it does not name is refused."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

_KEPT = ("type", "enum", "pattern")
_FORMATS = {
    "google-duration": r"^[0-9]+(\.[0-9]{1,9})?s$",
    "google-datetime": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$",
    "int64": r"^-?[0-9]+$",
}


def validator_for(document: Path, schema: str) -> Validator:
    """Checks a value against one of the document's schemas."""
    schemas: dict[str, Any] = json.loads(document.read_text(encoding="utf-8"))["schemas"]
    strict = {name: _strict(found) for name, found in schemas.items()}
    return Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": strict})


def _strict(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return {"$ref": f"#/$defs/{node['$ref']}"}
    if node.get("type") == "any":
        return {}
    made: dict[str, Any] = {key: node[key] for key in _KEPT if key in node}
    if made.get("type") == "string" and node.get("format") in _FORMATS:
        made["pattern"] = _FORMATS[node["format"]]
    if "items" in node:
        made["items"] = _strict(node["items"])
    if node.get("type") == "object":
        others = node.get("additionalProperties")
        made["additionalProperties"] = _strict(others) if others else False
        made["properties"] = {key: _strict(found) for key, found in node.get("properties", {}).items()}
    return made
