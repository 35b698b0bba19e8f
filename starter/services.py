"""What every door of one process shares. Made once at start, handed to each request."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, cast

from fastapi import Depends, Request
from temporalio.client import Client

from content.library import Library
from deciding.slots import SlotPlanning
from journeys.model import Journey
from journeys.segments import Segment, Segments
from project.model import Project
from settings import Settings
from starter.identity.attempts import Attempts
from starter.identity.openid.signing_in import OpenIdProvider
from starter.identity.tokens import Tokens
from store.catalogue import Watch
from store.database import Database
from store.files import FilesWatch
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
    segments: Segments = field(default_factory=dict[str, Segment])
    """Those that the project declares."""
    library: Library | None = None
    """The approved content, for what is shown on the project's own surfaces."""

    @property
    def signer(self) -> DecisionSigner:
        return DecisionSigner(self.secret)

    @cached_property
    def attempts(self) -> Attempts:
        return Attempts(self.database)

    @cached_property
    def catalogue_watch(self) -> Watch:
        """Tells when the products of `library` have changed."""
        return Watch()

    @cached_property
    def policies_watch(self) -> FilesWatch:
        """Tells when other policies went live."""
        return FilesWatch("policies.yaml")

    @cached_property
    def slot_planning(self) -> SlotPlanning:
        """Decides what stands in slots that have a planner; it remembers what was learned."""
        return SlotPlanning()

    @cached_property
    def tokens(self) -> Tokens:
        return Tokens(self.database)

    @cached_property
    def provider(self) -> OpenIdProvider | None:
        """Where people sign in, if the project says so. Kept, because it remembers the provider's keys."""
        rules, here = self.project.sign_in, self.settings.public_url.rstrip("/")
        return OpenIdProvider(rules, f"{here}/sign-in/answer") if rules else None


def services_of(request: Request) -> Services:
    """The services of the application that serves this request."""
    return cast(Services, request.app.state.services)


Shared = Annotated[Services, Depends(services_of)]
