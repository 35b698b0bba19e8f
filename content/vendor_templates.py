"""The text of a template that a vendor keeps, with the places that a message fills, numbered from one: `{{1}}`."""

import re
from collections.abc import Sequence

_PLACE = re.compile(r"\{\{\s*(\d+)\s*\}\}")


def wrong_places(text: str, parameters: int) -> str:
    """What is wrong with the places of a text that so many parameters fill; empty when nothing is."""
    named, wanted = {int(number) for number in _PLACE.findall(text)}, set(range(1, parameters + 1))
    if unfilled := sorted(named - wanted):
        return f"nothing fills {{{{{unfilled[0]}}}}}: there are {parameters} parameters"
    if unused := sorted(wanted - named):
        return f"it has no {{{{{unused[0]}}}}}, and there are {parameters} parameters"
    return ""


def filled_in(text: str, parameters: Sequence[str]) -> str:
    """What the recipient reads. The places are those of the parameters, see `wrong_places`."""
    return _PLACE.sub(lambda place: parameters[int(place[1]) - 1], text)
