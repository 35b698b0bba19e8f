"""Statistics as bytes, as the store keeps them: exact, with a version, and bound to the design they were
counted in.

Little-endian: four bytes of magic and version, eight of the design's fingerprint, the dimensions, then count,
square, moment, and the upper triangle of outer, row by row.
"""

import struct

import numpy as np

from learning.sampler.statistics import Statistics

_MAGIC = b"SLT1"
_HEAD = struct.Struct("<4s8sI")


class Unreadable(ValueError):
    """The bytes are no statistics of this version and design. The message says which of these is wrong."""


def pack(statistics: Statistics, fingerprint: bytes) -> bytes:
    """As bytes; `fingerprint` is the eight bytes of the design."""
    dimensions = statistics.moment.size
    triangle = statistics.outer[np.triu_indices(dimensions)]
    numbers = np.concatenate(([statistics.count, statistics.square], statistics.moment, triangle))
    return _HEAD.pack(_MAGIC, fingerprint, dimensions) + numbers.astype("<f8").tobytes()


def unpack(data: bytes, fingerprint: bytes) -> Statistics:
    """From bytes. Raises Unreadable when they are of another version or design, or cut off."""
    if len(data) < _HEAD.size or data[:4] != _MAGIC:
        raise Unreadable("these are no statistics of version 1")
    _, counted_in, dimensions = _HEAD.unpack_from(data)
    if counted_in != fingerprint:
        raise Unreadable("these were counted with other features or options; start anew or refit from the log")
    if len(data) != _HEAD.size + 8 * (2 + dimensions + dimensions * (dimensions + 1) // 2):
        raise Unreadable("these statistics are cut off")
    numbers = np.frombuffer(data, "<f8", offset=_HEAD.size).astype(np.float64)
    upper = np.zeros((dimensions, dimensions))
    upper[np.triu_indices(dimensions)] = numbers[2 + dimensions :]
    outer = upper + np.triu(upper, 1).T
    return Statistics(outer, numbers[2 : 2 + dimensions], float(numbers[0]), float(numbers[1]))
