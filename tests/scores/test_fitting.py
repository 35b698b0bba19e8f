"""The fit takes the customers of the store, and what it finds counts in conditions from then on."""

from datetime import UTC, datetime, timedelta

from activities.planning.fitting import fit_scores
from learning.features.sight import see
from starter.ingestion.acceptance import Ingestion
from starter.ingestion.incoming import Incoming, Who
from store.database import Database
from store.features import features_of, next_features
from store.scores import list_fits

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def order(number: int, times: int) -> list[Incoming]:
    """The orders of one customer, thirty days apart; every second one with a coupon."""
    return [
        Incoming(
            f"o{number}-{nth}",
            "Order Completed",
            Who(f"user{number}"),
            NOW - timedelta(days=5 + 30 * nth + number % 25),
            {"total": 20 + number, **({"coupon": "TEN"} if (number + nth) % 2 else {})},
        )
        for nth in range(times)
    ]


async def accepted(database: Database, customers: int) -> None:
    events = [event for number in range(customers) for event in order(number, 1 + number % 5)]
    await Ingestion(database, [], lambda: None).accept(events, now=NOW)


async def test_scores_are_fitted_to_the_customers_there_are(database: Database) -> None:
    await accepted(database, 210)
    async with database.reading() as session:
        (first,) = await next_features(session, "", 1)
        before = await features_of(session, first.customer_id)
    fits = {fit.score: fit for fit in await fit_scores(database, NOW)}
    assert {"purchase", "discount_affinity"} <= fits.keys()
    assert fits["purchase"].customers == 210
    async with database.reading() as session:
        assert (await list_fits(session)).keys() == fits.keys()
        after = await features_of(session, first.customer_id)
    asked = {"scores": ("discount_affinity", "confidence")}
    sure = [see({}, seen, NOW, asked)["scores"]["confidence"]["discount_affinity"] for seen in (before, after)]
    assert sure[0] != sure[1]


async def test_too_few_customers_change_nothing(database: Database) -> None:
    await accepted(database, 20)
    assert await fit_scores(database, NOW) == []
    async with database.reading() as session:
        assert await list_fits(session) == {}
