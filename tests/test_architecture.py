"""The modules outside the rooms import one way too; the contracts of import-linter hold for the rooms."""

import ast
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("architecture")
ROOT = Path(__file__).parent.parent
ROOMS = (
    "activities",
    "content",
    "deciding",
    "journeys",
    "keys",
    "learning",
    "policies",
    "project",
    "sandbox",
    "starter",
    "store",
    "workflows",
)
MODULES = ("settings", "telemetry", "worker", "yamlfile")

MAY_IMPORT = {
    "yamlfile": set[str](),
    "settings": {"yamlfile"},
    "telemetry": {"store"},
}
"""What each top-level module may know of our own code. The composition root, `worker`, may know every room."""
COMPOSE = {"starter/cli", "starter/local", "starter/rehearsal", "bench"}
"""Where whole processes are put together, and so the only places that know the composition root."""


@cache
def imports(file: Path) -> frozenset[str]:
    """The top-level packages that a file imports, wherever in it."""
    found = set[str]()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return frozenset(found)


def importers(module: str) -> set[str]:
    """The folders, at most two levels deep, of the files that import a module."""
    files = [file for place in (*ROOMS, "bench") for file in (ROOT / place).rglob("*.py")]
    files += [ROOT / f"{name}.py" for name in MODULES]
    found = [file.relative_to(ROOT) for file in files if module in imports(file)]
    return {"/".join(file.parts[:-1][:2]) or file.name for file in found}


@pytest.mark.parametrize("module", MAY_IMPORT)
def test_a_top_level_module_knows_only_what_it_must(module: str) -> None:
    ours = {name for name in imports(ROOT / f"{module}.py") if name in (*ROOMS, *MODULES)}
    assert ours <= MAY_IMPORT[module]


def test_the_composition_root_is_known_only_where_processes_are_put_together() -> None:
    known = importers("worker")
    assert known - COMPOSE == set()
    assert "starter/cli" in known


def test_only_the_composition_root_ships_spans() -> None:
    assert importers("telemetry") == {"worker.py"}


def test_the_worker_knows_no_door() -> None:
    """A worker runs where there is no API: the doors may be down, or on another machine."""
    assert "starter" not in set(imports(ROOT / "worker.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_lives_in_it(room: str) -> None:
    assert ast.get_docstring(ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8")))
