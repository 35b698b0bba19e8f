"""Ids beside the user id and the anonymous id: Segment's external ids, and hashed addresses.

https://segment.com/docs/unify/identity-resolution/externalids/. What is not well formed names nobody.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

from starter.ingestion.addresses import read_email, read_phone
from store.digests import digest, read_digest
from store.identity import KnownAs

_KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SEGMENT = {"user_id": "user", "anonymous_id": "anonymous"}
_HASHED = {"email_sha256": "email", "phone_sha256": "phone"}
_LONGEST = 255
_MOST = 20


def read_other_ids(traits: Mapping[str, Any], context: Mapping[str, Any]) -> tuple[KnownAs, ...]:
    """The ids in `context.externalIds`, and the traits `email_sha256` and `phone_sha256`."""
    hashed = [_hashed(kind, traits.get(name)) for name, kind in _HASHED.items()]
    given: object = context.get("externalIds")
    external = [_external(each) for each in cast(list[object], given)[:_MOST]] if isinstance(given, list) else []
    return tuple(dict.fromkeys(known for known in (*hashed, *external) if known))


def _hashed(kind: str, value: object) -> KnownAs | None:
    found = read_digest(value) if isinstance(value, str) else None
    return (kind, found) if found else None


def _external(given: object) -> KnownAs | None:
    """One of Segment's external ids: `{id, type, collection, encoding}`."""
    if not isinstance(given, dict):
        return None
    fields = cast(dict[str, object], given)
    kind, value = fields.get("type"), fields.get("id")
    if not isinstance(kind, str) or not isinstance(value, str) or fields.get("collection", "users") != "users":
        return None
    kind = _SEGMENT.get(kind, kind)
    if kind in _HASHED:
        return _hashed(_HASHED[kind], value)
    if kind in ("email", "phone"):
        return _hashed(kind, value) if fields.get("encoding") == "sha256" else _plain(kind, value)
    fits = _KIND.fullmatch(kind) and 0 < len(value) <= _LONGEST and value.isprintable()
    return (kind, value) if fits else None


def _plain(kind: str, value: str) -> KnownAs | None:
    address = read_email(value) if kind == "email" else read_phone(value)
    return (kind, digest(kind, address)) if address else None
