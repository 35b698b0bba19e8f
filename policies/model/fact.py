"""What judging goes by never changes under the judge."""

from pydantic import BaseModel, ConfigDict


class Fact(BaseModel):
    """Something that is known or said, and stays as it is."""

    model_config = ConfigDict(frozen=True)
