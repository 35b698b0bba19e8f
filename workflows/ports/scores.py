"""What the nightly fit asks of the world. Names of scores and counts are all that travels."""

from datetime import datetime

from temporalio import activity

from workflows.ports.runs import Message


class FitRequest(Message):
    """As of which moment to fit, in UTC."""

    now: datetime


class Fitted(Message):
    """By the score, to how many customers it was fitted. What could not be fitted is left out."""

    customers: dict[str, int]


@activity.defn(name="fit_scores")
async def fit_scores(request: FitRequest) -> Fitted:
    """Fit every score that there are customers enough for. Safe to retry."""
    raise NotImplementedError
