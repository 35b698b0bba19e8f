"""From the outbox to Temporal: which journeys an event starts and which runs it concerns, customer by customer."""
