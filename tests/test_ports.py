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


def test_there_are_stubs() -> None:
    assert {"deliver", "close_run", "write_notes"} <= set(STUBS)


async def test_every_stub_is_implemented_and_nothing_else_is(implemented: dict[str, Activity]) -> None:
    assert implemented.keys() == STUBS.keys()


@pytest.mark.parametrize("name", sorted(STUBS))
async def test_stub_and_implementation_have_the_same_signature(
    name: str, implemented: dict[str, Activity]
) -> None:
    stub, real = STUBS[name], implemented[name]
    assert list(inspect.signature(stub).parameters) == list(inspect.signature(real).parameters)
    assert get_type_hints(stub) == get_type_hints(real)
