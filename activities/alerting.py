"""Alerts to the people of a project, over whatever they read: chat, mail, SMS, a pager.

apprise turns an address into a message of that service. It is large and most projects name few services, so it
is an extra, and loaded only where `sojourn.yaml` names someone to tell.
"""

import logging
import secrets
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError

import yamlfile
from project.model import OPERATORS, Project
from store.alerts import keep_alert
from store.database import Database
from store.leases import take_lease
from store.tables import Alert

_HAS_APPRISE = find_spec("apprise") is not None
_PATIENCE = 10.0
"""How long all services of one alert may take together, in seconds."""
_LONGEST_TITLE = 200
_LONGEST_REASON = 300
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Told:
    """What came of one alert."""

    reached: int = 0
    """How many services took it."""
    failures: tuple[str, ...] = ()
    """Of each of the others, why not."""


class Alerts:
    """Tells people what they should know of. `services` are those of each audience, as `load_alerts` reads them;
    `public_url` is where the console is."""

    def __init__(self, services: Mapping[str, Any], database: Database, public_url: str) -> None:
        self._services = services
        self._database = database
        self._console = f"{public_url.rstrip('/')}/"

    async def tell(self, audience: str, title: str, text: str, link: str | None = None) -> Told:
        """Tell an approver group, or `operators`, in at most ten seconds. Nobody is told where `alerts` in
        sojourn.yaml names nobody for them.

        It never raises: who could not be told is logged and counted, and the caller goes on. `link` leads to a
        page of the console, where whoever follows it signs in; any other is left out. Text and title leave as
        they are given, so they name no customer by more than an id.
        """
        services = self._services.get(audience)
        if services is None:
            _log.info("nobody is told: alerts in sojourn.yaml has no %s", audience)
            return Told()
        if link and not link.startswith(self._console):
            _log.error("an alert had a link that is not of the console, and leaves without it")
            link = None
        body = f"{text}\n\n{link}" if link else text
        told = await _notify(services, " ".join(title.split())[:_LONGEST_TITLE], body)
        for failure in told.failures:
            _log.warning("an alert to %s did not get through: %s", audience, failure)
        await self._keep(audience, told)
        return told

    async def tell_once(
        self, of: str, audience: str, title: str, text: str, now: datetime, again_after: timedelta
    ) -> None:
        """Tell an audience, unless any worker told somebody of the same within the time. It never raises."""
        if audience not in self._services:
            return
        try:
            async with self._database.transaction() as session:
                # An owner of its own: whoever told of it is refused as well until the time is over.
                mine = await take_lease(session, f"alert of {of}", secrets.token_hex(8), now, again_after)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("whether an alert was told is not known, so it is told: %s", type(error).__name__)
            mine = True
        if mine:
            await self.tell(audience, title, text)

    async def _keep(self, audience: str, told: Told) -> None:
        alert = Alert(
            audience=audience,
            told_at=datetime.now(UTC),
            reached=told.reached,
            failed=len(told.failures),
            reason=" ".join(told.failures)[:_LONGEST_REASON],
        )
        try:
            async with self._database.transaction() as session:
                await keep_alert(session, alert)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("an alert to %s is not counted: %s", audience, type(error).__name__)


def load_alerts(project: Project, where: Path) -> dict[str, Any]:
    """The services of each audience, from the section `alerts` of the file `where`. An empty address is none: a
    variable that is not set leaves it out.

    Raises yamlfile.FileProblems with every unknown audience and wrong address at its line. Addresses hold
    secrets, so no problem repeats one.
    """
    if not project.alerts:
        return {}
    written = yamlfile.read(where).section("alerts")
    if problems := [*_unknown_audiences(project, written), *_wrong_addresses(project, written)]:
        raise yamlfile.FileProblems(problems)
    addresses = {who: [one.get_secret_value() for one in all_] for who, all_ in project.alerts.items()}
    return {who: _services(all_) for who, all_ in addresses.items() if any(all_)}


def _unknown_audiences(project: Project, written: yamlfile.Document) -> Iterator[yamlfile.Problem]:
    known = {OPERATORS, *project.groups, *(group for person in project.people for group in person.groups)}
    for audience in project.alerts:
        if audience not in known:
            fix = yamlfile.instead_of(audience, sorted(known))
            yield written.problem((audience,), f"there is no group '{audience}'", fix)


def _wrong_addresses(project: Project, written: yamlfile.Document) -> Iterator[yamlfile.Problem]:
    for audience, addresses in project.alerts.items():
        for place, address in enumerate(addresses):
            if address and (wrong := _wrong(address.get_secret_value())):
                yield written.problem((audience, place), *wrong)


def _wrong(address: str) -> tuple[str, str] | None:
    """What is wrong with an address, and what to do; None for one that is right."""
    if not _HAS_APPRISE:
        return "alerts need one more package", "pip install 'sojourn[alerts]'"
    from apprise import Apprise
    from apprise.manager_plugins import NotificationManager

    kinds, scheme = cast(Any, NotificationManager()), urlsplit(address).scheme
    if not scheme:
        return "this is no address of a service", "such as slack://..., mailto://... or json://..."
    if scheme not in kinds:
        return f"'{scheme}://' is no service that apprise knows", yamlfile.nearest(scheme, sorted(kinds.schemas()))
    with _quiet():
        made = cast(Any, Apprise).instantiate(address)
    kind = kinds[scheme]
    return None if made else (f"this is no whole address of {kind.service_name}", f"see {kind.setup_url}")


@contextmanager
def _quiet() -> Generator[None]:
    """apprise logs what it dislikes about an address with the secret in it."""
    logger = logging.getLogger("apprise")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _services(addresses: Sequence[str]) -> Any:
    from apprise import Apprise, AppriseAsset

    services: Any = Apprise(asset=AppriseAsset(app_id="Sojourn", app_desc="Sojourn", app_url=""))
    services.add([address for address in addresses if address])
    return services


async def _notify(services: Any, title: str, body: str) -> Told:
    """Hand an alert to every service at the same time, each in a thread of apprise's own."""
    from apprise import NotifyFormat

    answer = await services.async_notify(
        title=title, body=body, body_format=NotifyFormat.TEXT, timeout=_PATIENCE, log_level=logging.WARNING
    )
    failed = [one for one in answer.results if not one]
    return Told(answer.success_count, tuple(f"{one.name}: {_why(one)}" for one in failed))


def _why(result: Any) -> str:
    said = [entry.message for entry in result.logs()]
    return said[-1] if said else "it gave no reason"
