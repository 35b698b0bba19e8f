"""The vectors of many decisions at once, for who goes through the whole log."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from learning.distributions import Array
from learning.sampler.design import Design, known_of
from learning.sampler.responses import Responses

Places = NDArray[np.intp]
"""Of decisions."""


@dataclass(frozen=True, eq=False)
class Table:
    """What is known of many decisions, and which options were open: the same vectors as the design's own, option
    by option instead of decision by decision, so that a log takes a handful of products of matrices."""

    design: Design
    known: Array
    """A one and the features of every decision, one a row."""
    open: Mapping[str, Places]
    """By option, in which decisions it was open."""

    @classmethod
    def of(
        cls, design: Design, features: Sequence[Mapping[str, float]], options: Sequence[Sequence[str]]
    ) -> "Table":
        """The table of decisions with these features and open options."""
        return cls(design, known_of(features, design.features), _places_by_option(options))

    def with_responses(self, responses: Responses) -> "Table":
        """The same decisions, with other curves."""
        return replace(self, design=replace(self.design, responses=responses))

    def plain(self, option: str, places: Places) -> Array:
        """The vectors of an option without responses, for the decisions at some places."""
        return self.design.plain(option, self.known[places])

    def vectors(self, option: str, places: Places) -> Array:
        """The vectors of an option for the decisions at some places, where it was open."""
        plain = self.plain(option, places)
        if not self.design.responses:
            return plain
        return np.column_stack((plain, self._likely(option, plain), self._likeliest[places]))

    def _likely(self, option: str, plain: Array) -> Array:
        return self.design.responses.along(self.design.block(option), plain)

    @cached_property
    def _likeliest(self) -> Array:
        """For every decision, how likely the best of its open options is answered."""
        found = np.zeros(len(self.known))
        for option, places in self.open.items():
            found[places] = np.maximum(found[places], self._likely(option, self.plain(option, places)))
        return found


def _places_by_option(options: Sequence[Sequence[str]]) -> dict[str, Places]:
    found = defaultdict[str, list[int]](list)
    for place, open_ in enumerate(options):
        for option in open_:
            found[option].append(place)
    return {option: np.array(found[option], np.intp) for option in sorted(found)}
