"""Keeps what the slots of pages show at what is live, as a worker does for what is sent."""

from pathlib import Path

from deciding.live_content import take_up_live
from policies.registry import load_policies
from starter.changes.policies import SUBJECT
from starter.services import Services


async def renew_slots(services: Services) -> None:
    """Judge slots by the policies that are live by now, and fill them with what is approved by now.

    Raises yamlfile.FileProblems; what held then goes on to.
    """
    library = services.library
    if library is None:
        return
    async with services.database.reading() as session:
        live = await services.policies_watch.news(session)
        if live is not None:
            library.judge_by(load_policies(Path(SUBJECT), live[SUBJECT]))
        await take_up_live(session, library)
