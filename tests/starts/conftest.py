"""A shop with one journey, whose events go on to a real Temporal server where nobody works: starts are seen."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

import yamlfile
from journeys.model import Journey
from starter.ingestion.incoming import Incoming, Profile, Who
from starter.services import Services
from store.database import Database
from store.tables import Run
from tests import seeding
from tests.dispatch.conftest import Shopper, accept, rows

NAME = "welcome"


@pytest.fixture
async def shop(database: Database, temporal: Client) -> Services:
    """A shop without journeys, in Berlin."""
    services = await seeding.services(database, temporal)
    services.journeys.clear()
    return services


def publish(shop: Services, start: str, more: str = "", name: str = NAME, steps: str = "[{wait: 1d}]") -> Journey:
    """The shop has a journey that starts so; one of the same name gives way."""
    text = f"journey: {name}\nowner: maria@northwind.example\nstart: {start}\nsteps: {steps}\n{more}"
    journey = yamlfile.validate(Journey, yamlfile.read(Path(f"{name}.yaml"), text))
    shop.journeys[name] = journey
    return journey


class Person(Shopper):
    """Somebody who tells the shop about themselves as well."""

    async def becomes(self, time_zone: str | None = None, **traits: Any) -> None:
        """What is known of them changes, and the event that says so waits in the outbox."""
        event = Incoming(
            id=secrets.token_hex(8),
            name="Customer Identified",
            who=Who(self.user_id),
            at=datetime.now(UTC),
            properties=traits,
            profile=Profile(traits=traits, time_zone=time_zone),
        )
        await accept(self.services, event)


@pytest.fixture
def lena(shop: Services) -> Person:
    return Person(shop, "lena")


@pytest.fixture
def omar(shop: Services) -> Person:
    return Person(shop, "omar")


async def runs(shop: Services) -> list[Run]:
    """Every run that was entered, in the order of the events."""
    return sorted(await rows(shop, Run), key=lambda run: run.start_seq)
