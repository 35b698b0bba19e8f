"""What every listing asks alike."""

from typing import Annotated

from fastapi import Query

PageNumber = Annotated[int, Query(ge=1, le=10_000)]
"""Which page of a listing, from 1. The bound keeps a stranger from asking the store to count far."""
