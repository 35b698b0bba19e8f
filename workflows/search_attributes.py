"""Every search attribute that runs carry. They are never encrypted: opaque ids and plain words only."""

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

JOURNEY_NAME = SearchAttributeKey.for_keyword("JourneyName")
JOURNEY_CUSTOMER = SearchAttributeKey.for_keyword("JourneyCustomer")
JOURNEY_STAGE = SearchAttributeKey.for_keyword("JourneyStage")
"""`running`, `approval`, and at the end the outcome: `completed`, `goal`, `opt_out`..."""
JOURNEY_APPROVAL = SearchAttributeKey.for_keyword("JourneyApproval")
"""The group whose decision the run waits for; unset when it waits for none."""

ALL = (JOURNEY_NAME, JOURNEY_CUSTOMER, JOURNEY_STAGE, JOURNEY_APPROVAL)


def at_start(journey: str, customer_id: str) -> TypedSearchAttributes:
    """What a run carries from its first moment."""
    return TypedSearchAttributes(
        [
            SearchAttributePair(JOURNEY_NAME, journey),
            SearchAttributePair(JOURNEY_CUSTOMER, customer_id),
            SearchAttributePair(JOURNEY_STAGE, "running"),
        ]
    )
