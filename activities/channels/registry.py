"""Finds the providers: every `Provider` with a channel in a file of this package. A new file is a new provider."""

import importlib
import inspect
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any, cast

import yamlfile
from activities import channels as package
from activities.channels.model import Provider


@cache
def known_providers() -> dict[tuple[str, str], type[Provider]]:
    """Every kind of provider by its channel and the name it has in `sojourn.yaml`."""
    modules = [
        importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)
    ]
    kinds = [kind for module in modules for kind in vars(module).values() if _is_provider(kind)]
    return {(kind.channel, kind.provider): kind for kind in cast(list[type[Provider]], kinds)}


def load_providers(channels: dict[str, dict[str, Any]], where: Path) -> dict[str, Provider]:
    """Make the provider of each channel from `channels`, the section of that name in the file `where`.

    Raises yamlfile.FileProblems with every unknown provider and wrong setting at its line in `where`.
    """
    written = yamlfile.read(where).section("channels")
    return yamlfile.load_each(channels, lambda channel: _load(channel, channels[channel], written))


def _load(channel: str, settings: dict[str, Any], written: yamlfile.Document) -> Provider:
    name = str(settings.get("provider", ""))
    kind = known_providers().get((channel, name))
    if kind is None:
        fitting = sorted(provider for served, provider in known_providers() if served == channel)
        message = f"'{name}' is not a provider for {channel}" if name else f"{channel} has no provider"
        fix = yamlfile.instead_of(name, fitting)
        raise yamlfile.FileProblems([written.problem((channel, "provider"), message, fix)])
    section = written.filled(channel, settings)
    cast(dict[str, Any], section.root).pop("provider")
    return yamlfile.validate(kind, section)


def _is_provider(found: object) -> bool:
    return inspect.isclass(found) and issubclass(found, Provider) and hasattr(found, "channel")
