"""What the sampler knows is sums: they merge exactly, in any order, and a reward counts once however often it
is told."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning.sampler.decay import LANDMARK, seen_from, weight_of
from learning.sampler.design import Factorised, Separate
from learning.sampler.packing import Unreadable, packed, unpacked
from learning.sampler.responses import Responses
from learning.sampler.statistics import Statistics, credited

# Quarters have no rounding, so that "exactly" can be said of sums of floats.
quarters = st.integers(-400, 400).map(lambda number: number / 4)
observations = st.lists(st.tuples(st.lists(quarters, min_size=3, max_size=3), quarters), min_size=1, max_size=12)


DESIGN = Separate(("age", "orders"))


def stored(sums: Statistics) -> bytes:
    return packed({"mail": sums}, DESIGN)["mail"]


def total(lessons: list[Statistics]) -> bytes:
    return stored(sum(lessons, Statistics.empty(3)))


@given(observations, st.randoms(use_true_random=False), st.integers(1, 5))
def test_workers_sums_merge_exactly_and_in_any_order(seen, shuffle, workers):
    lessons = [credited(np.array(x), None, reward) for x, reward in seen]
    alone = total(lessons)
    shuffle.shuffle(lessons)
    parts = [sum(lessons[worker::workers], Statistics.empty(3)) for worker in range(workers)]
    shuffle.shuffle(parts)
    assert total(parts) == alone


@given(st.lists(quarters, min_size=3, max_size=3), st.lists(st.none() | quarters, min_size=1, max_size=8))
def test_only_the_last_word_on_a_reward_counts(x, told):
    """However often it is told, late, corrected, or taken back."""
    vector, counted, sums = np.array(x), None, Statistics.empty(3)
    for reward in [*told, told[-1]]:
        sums += credited(vector, counted, reward)
        counted = reward
    assert total([sums]) == total([credited(vector, None, told[-1])])


def test_what_is_long_ago_counts_less():
    """Half the weight after the half-life, whenever each of the two was counted."""
    x = np.array([1.0, 2.0])
    daily, half_life = 0.02, np.log(2) / -np.log1p(-0.02)
    then, now = LANDMARK + timedelta(days=300), LANDMARK + timedelta(days=300 + half_life)
    sums = credited(x, None, 4.0, weight_of(then, daily)) + credited(x, None, 1.0, weight_of(now, daily))
    seen = seen_from(sums, now, daily)
    assert seen.count == pytest.approx(1.5)
    assert seen.moment == pytest.approx([3.0, 6.0])


@given(observations)
def test_the_state_is_the_same_after_it_was_stored(seen):
    sums = sum((credited(np.array(x), None, reward) for x, reward in seen), Statistics.empty(3))
    again = unpacked({"mail": stored(sums)}, DESIGN)[1]["mail"]
    assert (again.outer == sums.outer).all()
    assert (again.moment == sums.moment).all()
    assert (again.count, again.square) == (sums.count, sums.square)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data[:-8], "cut off"),
        (lambda data: b"SLT9" + data[4:], "version 2"),
        (lambda data: data[:4] + b"87654321" + data[12:], "other features"),
        (lambda data: b"", "version 2"),
    ],
)
def test_a_state_of_another_kind_is_refused(change, said):
    with pytest.raises(Unreadable, match=said):
        unpacked({"mail": change(stored(Statistics.empty(3)))}, DESIGN)


def test_the_curves_that_sums_were_counted_with_are_stored_with_them():
    curved = Separate(DESIGN.features, Responses({"mail": (-1.0, 0.5, 0.25)}))
    sums = {"mail": Statistics.empty(curved.dimensions), "wait": Statistics.empty(curved.dimensions)}
    counted_in, _ = unpacked(packed(sums, curved), DESIGN)
    assert counted_in == curved
    assert curved.fingerprint == DESIGN.fingerprint


def test_designs_with_other_features_have_other_fingerprints():
    factors = {"mail at 8": {"channel": "mail", "hour": "8"}, "wait": {}}
    designs = [
        Separate(("age",)),
        Separate(("age", "orders")),
        Factorised(("age",), factors),
        Factorised(("age",), factors, ("age",)),
    ]
    assert len({design.fingerprint for design in designs}) == 4
    more = {**factors, "mail at 8, twice": {"channel": "mail", "hour": "8"}}
    assert Factorised(("age",), more).fingerprint == designs[2].fingerprint
