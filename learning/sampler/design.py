"""How a customer and an option become numbers: an option by itself, or made of factors over a shared model."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import repeat

import numpy as np

from learning.distributions import Array
from learning.sampler.responses import Responses


@dataclass(frozen=True)
class Separate:
    """Every option has its own weights for the features: nothing that one teaches is held of another, beyond what
    all have in common. Fit for up to some dozens of options."""

    features: tuple[str, ...]
    responses: Responses = field(default_factory=Responses)
    """By option."""

    @property
    def dimensions(self) -> int:
        """Of the vectors: a constant, the features, and where responses are known, two numbers of them."""
        return 1 + len(self.features) + self.responses.dimensions

    @cached_property
    def fingerprint(self) -> bytes:
        """Eight bytes that differ for every design that gives other numbers. Responses do not change them: they
        are kept with the sums that were counted with them."""
        return _fingerprint("separate", self.features)

    def block(self, option: str) -> str:
        """Which statistics an option is counted in."""
        return option

    def plain(self, option: str, known: Array) -> Array:
        """The vectors of an option without responses, for decisions of which a one and the features are known,
        one a row."""
        return known

    def row(self, option: str, features: Mapping[str, float], options: Sequence[str] = ()) -> Array:
        """The vector of an option for these features; one that is not known is zero. `options` are those that were
        open, this one among them."""
        among = options or (option,)
        return self.rows(among, features)[among.index(option)]

    def rows(self, options: Sequence[str], features: Mapping[str, float]) -> Array:
        """The vectors of the options that are open, one a row."""
        known = self.common(features)
        rows = np.empty((len(options), self.dimensions))
        rows[:, : known.size] = known
        if self.responses:
            _respond(rows, self.responses.likely(options, known))
        return rows

    def common(self, features: Mapping[str, float]) -> Array:
        """What the vectors of all options begin with: all of it, where no responses are known."""
        return known_of([features], self.features)[0]


@dataclass(frozen=True)
class Factorised:
    """Options are made of factors, such as channel, content, hour and incentive, over one shared model: what is
    learned of a channel holds for every option with it. To wait is an option without factors."""

    features: tuple[str, ...]
    factors: Mapping[str, Mapping[str, str]]
    """The level of each factor, by option: `{"mail at 8": {"channel": "mail", "hour": "8"}}`."""
    interacting: tuple[str, ...] = ()
    """Those of the features that may matter otherwise for each level; the rest only shift all options alike."""
    responses: Responses = field(default_factory=Responses)
    """One for all options."""
    levels: tuple[tuple[str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        levels = {pair for chosen in self.factors.values() for pair in chosen.items()}
        object.__setattr__(self, "levels", tuple(sorted(levels)))

    @property
    def dimensions(self) -> int:
        """A constant and the features, for every level a constant and the interacting features, and where
        responses are known, two numbers of them."""
        levels = len(self.levels) * (1 + len(self.interacting))
        return 1 + len(self.features) + levels + self.responses.dimensions

    @cached_property
    def fingerprint(self) -> bytes:
        """Eight bytes that differ for every design that gives other numbers. A new option of known levels does not
        change them, and neither do responses."""
        return _fingerprint("factorised", self.features, self.interacting, self.levels)

    def block(self, option: str) -> str:
        """Which statistics an option is counted in: all in the same."""
        return ""

    def plain(self, option: str, known: Array) -> Array:
        """The vectors of an option without responses, for decisions of which a one and the features are known,
        one a row."""
        chosen = self.factors.get(option, {})
        present = np.array([float(chosen.get(factor) == level) for factor, level in self.levels])
        within = known[:, self._within]
        of_levels = present[None, :, None] * within[:, None, :]
        return np.concatenate((known, of_levels.reshape(len(known), present.size * within.shape[1])), axis=1)

    def row(self, option: str, features: Mapping[str, float], options: Sequence[str] = ()) -> Array:
        """The vector of an option for these features; one that is not known is zero. `options` are those that were
        open, this one among them."""
        among = options or (option,)
        return self.rows(among, features)[among.index(option)]

    def rows(self, options: Sequence[str], features: Mapping[str, float]) -> Array:
        """The vectors of the options that are open, one a row."""
        known = known_of([features], self.features)
        plain = np.concatenate([self.plain(option, known) for option in options])
        if not self.responses:
            return plain
        rows = np.concatenate((plain, np.empty((len(options), self.responses.dimensions))), axis=1)
        _respond(rows, self.responses.along("", plain))
        return rows

    @cached_property
    def _within(self) -> list[int]:
        """The places of a one and the interacting features in what is known."""
        return [0, *(1 + self.features.index(name) for name in self.interacting)]


Design = Separate | Factorised


def known_of(decisions: Sequence[Mapping[str, float]], names: Sequence[str]) -> Array:
    """A one and the features by these names, in their order, of each decision; one that is not known is zero."""
    rows = [(1.0, *map(features.get, names, repeat(0.0))) for features in decisions]
    return np.array(rows, np.float64).reshape(len(rows), 1 + len(names))


def _respond(rows: Array, likely: Array) -> None:
    """Put into the last two columns how likely each option is answered, and the best of those that are open."""
    rows[:, -2], rows[:, -1] = likely, likely.max()


def _fingerprint(*parts: object) -> bytes:
    return hashlib.sha256(json.dumps(parts).encode()).digest()[:8]
