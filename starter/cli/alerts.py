"""The alerts of a project, as `sojourn channel` shows and tries them: each audience beside the channels, as
`alerts:<audience>`."""

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import typer

from starter.cli.failures import CommandFailed
from starter.cli.invocation import open_store
from starter.cli.output import moment

if TYPE_CHECKING:
    from activities.channels.trial import Stage
    from project.model import Project
    from settings import Settings
    from store.database import Database

PREFIX = "alerts:"
"""What stands before the name of an audience where a channel is named."""
_TEXT = "This is a test from Sojourn. Nothing has to be done."


def alert_rows(project: "Project") -> list[dict[str, str]]:
    """Each audience as a channel is listed. Of an address only the kind of service is shown."""
    return [
        {
            "channel": f"{PREFIX}{audience}",
            "provider": "apprise",
            "reaches_by": ", ".join(
                address.get_secret_value().partition(":")[0] for address in addresses if address
            ),
        }
        for audience, addresses in project.alerts.items()
    ]


async def alert_status(database: "Database", project: "Project", since: datetime) -> list[dict[str, Any]]:
    """How many alerts to each audience got through since a moment, and why the last that did not failed."""
    from store.alerts import list_alerts

    async with database.reading() as session:
        alerts = await list_alerts(session, since)
    rows: list[dict[str, Any]] = []
    for audience in sorted({*project.alerts, *(alert.audience for alert in alerts)}):
        theirs = [alert for alert in alerts if alert.audience == audience]
        failed = [alert for alert in theirs if alert.failed]
        counts = {"told": len(theirs) - len(failed), "failed": len(failed)}
        last = {"at": failed[0].told_at, "reason": failed[0].reason} if failed else None
        row = {"channel": f"{PREFIX}{audience}", "state": "open", "pause": None}
        rows.append({**row, "messages": counts, "last_failure": last})
    return rows


def print_alert_status(row: dict[str, Any], hours: int) -> None:
    """One line for an audience, and why the last alert failed that did."""
    counts = row["messages"]
    told = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    typer.echo(f"{row['channel']}: in {hours} h: {told or 'nothing'}")
    if failure := row["last_failure"]:
        typer.echo(f"  failed at {moment(failure['at'])} UTC")
        typer.echo(f"  {failure['reason']}")


async def try_alert(settings: "Settings", name: str) -> "Stage":
    """Tell an audience that this is a test. Raises CommandFailed for one that nobody is named for, and
    yamlfile.FileProblems."""
    from activities.alerting import Alerts, load_alerts
    from activities.channels.trial import Stage
    from project.model import load_project
    from yamlfile import instead_of

    project, audience = load_project(settings), name.removeprefix(PREFIX)
    services = load_alerts(project, settings.project_dir / "sojourn.yaml")
    if audience not in services:
        fix = instead_of(audience, services)
        raise CommandFailed(f"sojourn.yaml names nobody under alerts for '{audience}' ({fix}).")
    began = time.monotonic()
    async with open_store(settings) as database:
        alerts = Alerts(services, database, settings.public_url)
        told = await alerts.tell(audience, "Test from Sojourn", _TEXT, settings.public_url.rstrip("/") + "/")
    took = time.monotonic() - began
    if told.failures:
        do = "mend the address under alerts in sojourn.yaml, or see to the service"
        return Stage("send", False, "; ".join(told.failures), took, do)
    return Stage("send", True, f"{told.reached} service{'s' * (told.reached != 1)} took it", took)
