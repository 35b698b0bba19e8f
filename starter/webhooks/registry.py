"""Finds the vendors: every `Vendor` in a file of this package, with its settings from `sojourn.yaml`."""

import base64
import importlib
import inspect
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import yamlfile
from starter import webhooks as package
from starter.webhooks.model import Vendor

_KEY_BYTES = 16


@cache
def known_vendors() -> dict[str, type[Vendor]]:
    """Every vendor by the name it has in `sojourn.yaml`."""
    modules = [
        importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)
    ]
    kinds = [kind for module in modules for kind in vars(module).values() if _is_vendor(kind)]
    return {kind.vendor: kind for kind in cast(list[type[Vendor]], kinds)}


def load_vendors(webhooks: dict[str, dict[str, Any]], where: Path) -> dict[str, Vendor]:
    """The vendors that may call, by name, from `webhooks`, the section of that name in the file `where`.

    Raises yamlfile.FileProblems with every unknown vendor and wrong setting at its line in `where`.
    """
    written = yamlfile.read(where).section("webhooks") if webhooks else yamlfile.Document(where, {})
    return yamlfile.load_each(webhooks, lambda name: _load(name, webhooks[name], written))


def path_of(vendor: str, secret: str) -> str:
    """The path that a vendor calls. Its last part derives from the installation's secret, so that nobody can
    guess it; the signature of each call is what counts."""
    purpose = f"sojourn webhooks of {vendor}".encode()
    key = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=purpose).derive(secret.encode())
    return f"/webhooks/{vendor}/{base64.urlsafe_b64encode(key).decode().rstrip('=')}"


def _load(name: str, given: dict[str, Any], written: yamlfile.Document) -> Vendor:
    kind = known_vendors().get(name)
    if kind is None:
        fix = yamlfile.instead_of(name, sorted(known_vendors()))
        raise yamlfile.FileProblems([written.problem((name,), f"'{name}' is not a vendor that calls", fix)])
    return yamlfile.validate(kind, written.filled(name, given))


def _is_vendor(found: object) -> bool:
    return inspect.isclass(found) and issubclass(found, Vendor) and hasattr(found, "channel")
