"""What every door of one process shares. Made once at start, handed to each request."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request
from temporalio.client import Client

from journeys.model import Journey
from settings import Project, Settings
from store.database import Database
from workflows.approval import DecisionSigner


@dataclass(frozen=True)
class Services:
    """The parts a door needs. `secret` is the installation's, already resolved."""

    settings: Settings
    project: Project
    journeys: dict[str, Journey]
    database: Database
    temporal: Client
    secret: str

    @property
    def signer(self) -> DecisionSigner:
        return DecisionSigner(self.secret)


def services_of(request: Request) -> Services:
    """The services of the application that serves this request."""
    return cast(Services, request.app.state.services)


Shared = Annotated[Services, Depends(services_of)]
