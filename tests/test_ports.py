"""What workflows ask for, activities do: every stub has its implementation, under one name and signature."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from settings import Settings
from store.database import Database
from tests.conftest import RETAIL
from tests.retail import SECRET, retail_sandbox
from worker import load_parts, make_activities
from workflows import ports

Activity = Callable[..., Any]
_DEFINITION = "__temporal_activity_definition"


def _name(function: Activity) -> str:
    """The name under which Temporal knows an activity."""
    definition: Any = getattr(function, _DEFINITION)
    return str(definition.name)


STUBS = {_name(stub): stub for stub in vars(ports).values() if hasattr(stub, _DEFINITION)}


@pytest.fixture
async def implemented(sqlite_database: Database, tmp_path: Path) -> dict[str, Activity]:
    """The activities that a worker of the retail example registers, by name."""
    settings = Settings(project_dir=RETAIL, state_dir=tmp_path, secret=SECRET)
    async with retail_sandbox(tmp_path):
        activities = make_activities(settings, sqlite_database, load_parts(settings))
    return {_name(function): function for function in activities}


def _signature(function: Activity) -> tuple[list[str], dict[str, Any]]:
    return list(inspect.signature(function).parameters), get_type_hints(function)


async def test_every_stub_has_its_implementation_and_nothing_else_is_registered(
    implemented: dict[str, Activity],
) -> None:
    assert {"deliver", "close_run", "write_notes"} <= STUBS.keys()
    assert implemented.keys() == STUBS.keys()


async def test_stub_and_implementation_have_the_same_signature(implemented: dict[str, Activity]) -> None:
    assert {name: _signature(real) for name, real in implemented.items()} == {
        name: _signature(stub) for name, stub in STUBS.items()
    }
