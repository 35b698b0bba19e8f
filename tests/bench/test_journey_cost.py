"""What a journey costs in Temporal is counted, not timed, so it can be held to its bounds on any machine."""

from bench.measures import history
from bench.place import Place


async def test_two_messages_take_at_most_thirty_events_and_five_workflow_tasks():
    async with Place.open() as place, place.crews(["sojourn"]) as crews:
        crew = crews["sojourn"]
        await crew.way.prepare(["lena"])
        walk = await crew.walk("lena")
        cost = await history(place.client, walk.workflow_id)
    assert cost.events <= 30
    assert cost.workflow_tasks <= 5
