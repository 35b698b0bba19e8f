"""Statistics as bytes, as the store keeps them: exact, with a version, and bound to the design they were
counted in.

Little-endian: four bytes of magic and version, eight of the design's fingerprint, the dimensions, the number of
the response's coefficients, then these, count, square, moment, and the upper triangle of outer, row by row. The
response stands with the sums, as they mean nothing without it.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from learning.sampler.design import Design
from learning.sampler.responses import Responses
from learning.sampler.statistics import Statistics

_MAGIC = b"SLT2"
_HEAD = struct.Struct("<4s8sII")


class Unreadable(ValueError):
    """The bytes are no statistics of this version and design. The message says which of these is wrong."""


def packed(sums: Mapping[str, Statistics], design: Design) -> dict[str, bytes]:
    """Blocks that were counted in a design, as bytes."""
    curves = design.responses.weights
    return {
        block: _pack(statistics, design.fingerprint, curves.get(block, ())) for block, statistics in sums.items()
    }


def unpacked(stored: Mapping[str, bytes], design: Design) -> tuple[Design, dict[str, Statistics]]:
    """All blocks of a point from bytes, and the design with the responses that they were counted with.

    Raises Unreadable when they are of another version or design, or cut off.
    """
    read = {block: _unpack(data, design.fingerprint) for block, data in stored.items()}
    responses = {block: response for block, (_, response) in read.items() if response}
    return replace(design, responses=Responses(responses)), {
        block: statistics for block, (statistics, _) in read.items()
    }


def _pack(statistics: Statistics, fingerprint: bytes, response: Sequence[float]) -> bytes:
    dimensions = statistics.moment.size
    triangle = statistics.outer[np.triu_indices(dimensions)]
    numbers = np.concatenate((response, [statistics.count, statistics.square], statistics.moment, triangle))
    return _HEAD.pack(_MAGIC, fingerprint, dimensions, len(response)) + numbers.astype("<f8").tobytes()


def _unpack(data: bytes, fingerprint: bytes) -> tuple[Statistics, tuple[float, ...]]:
    if len(data) < _HEAD.size or data[:4] != _MAGIC:
        raise Unreadable("these are no statistics of version 2")
    _, counted_in, dimensions, curve = _HEAD.unpack_from(data)
    if counted_in != fingerprint:
        raise Unreadable("these were counted with other features or options; start anew or refit from the log")
    if len(data) != _HEAD.size + 8 * (curve + 2 + dimensions + dimensions * (dimensions + 1) // 2):
        raise Unreadable("these statistics are cut off")
    every = np.frombuffer(data, "<f8", offset=_HEAD.size).astype(np.float64)
    response, numbers = every[:curve], every[curve:]
    upper = np.zeros((dimensions, dimensions))
    upper[np.triu_indices(dimensions)] = numbers[2 + dimensions :]
    outer = upper + np.triu(upper, 1).T
    statistics = Statistics(outer, numbers[2 : 2 + dimensions], float(numbers[0]), float(numbers[1]))
    return statistics, tuple(response.tolist())
