"""How a customer and an option become numbers: an option by itself, or made of factors over a shared model."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
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

    @property
    def dimensions(self) -> int:
        """Of the vectors: a constant, the features, and where responses are known, two numbers of them."""
        return 1 + len(self.features) + (2 if self.responses else 0)

    @cached_property
    def fingerprint(self) -> bytes:
        """Eight bytes that differ for every design that gives other numbers. Responses do not change them: they
        are kept with the sums that were counted with them."""
        return _fingerprint("separate", self.features)

    def block(self, option: str) -> str:
        """Which statistics an option is counted in."""
        return option

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
            rows[:, -2] = likely = self.responses.likely(options, known)
            rows[:, -1] = likely.max()
        return rows

    def common(self, features: Mapping[str, float]) -> Array:
        """What the vectors of all options begin with: all of it, where no responses are known."""
        return np.array([1.0, *_numbers(features, self.features)])


@dataclass(frozen=True)
class Factorised:
    """Options are made of factors, such as channel, content, hour and incentive, over one shared model: what is
    learned of a channel holds for every option with it. To wait is an option without factors."""

    features: tuple[str, ...]
    factors: Mapping[str, Mapping[str, str]]
    """The level of each factor, by option: `{"mail at 8": {"channel": "mail", "hour": "8"}}`."""
    interacting: tuple[str, ...] = ()
    """The features that may matter otherwise for each level; the rest only shift all options alike."""
    levels: tuple[tuple[str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        levels = {pair for chosen in self.factors.values() for pair in chosen.items()}
        object.__setattr__(self, "levels", tuple(sorted(levels)))

    @property
    def dimensions(self) -> int:
        """A constant and the features, and for every level a constant and the interacting features."""
        return 1 + len(self.features) + len(self.levels) * (1 + len(self.interacting))

    @cached_property
    def fingerprint(self) -> bytes:
        """Eight bytes that differ for every design that gives other numbers. A new option of known levels does not
        change them."""
        return _fingerprint("factorised", self.features, self.interacting, self.levels)

    def block(self, option: str) -> str:
        """Which statistics an option is counted in: all in the same."""
        return ""

    def row(self, option: str, features: Mapping[str, float], options: Sequence[str] = ()) -> Array:
        """The vector of an option for these features; one that is not known is zero. It is the same whatever the
        `options` that were open."""
        chosen = self.factors.get(option, {})
        within = np.array([1.0, *_numbers(features, self.interacting)])
        present = np.array([float(chosen.get(factor) == level) for factor, level in self.levels])
        base = [1.0, *_numbers(features, self.features)]
        return np.concatenate((base, np.multiply.outer(present, within).ravel()))

    def rows(self, options: Sequence[str], features: Mapping[str, float]) -> Array:
        """The vectors of the options, one a row."""
        return np.stack([self.row(option, features) for option in options])


Design = Separate | Factorised


def _numbers(features: Mapping[str, float], names: Sequence[str]) -> Iterator[float]:
    """The features by these names, in their order; one that is not known is zero."""
    return map(features.get, names, repeat(0.0))


def _fingerprint(*parts: object) -> bytes:
    return hashlib.sha256(json.dumps(parts).encode()).digest()[:8]
