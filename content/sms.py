"""How an SMS is cut into segments, each of which is paid for. Source: 3GPP TS 23.038 and TS 23.040.

A text of the GSM 7-bit alphabet has 160 units in one segment, or 153 in each of several; one sign beside that
alphabet makes all of it UCS-2, with 70 units in one segment, or 67 in each of several.
"""

from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""These take two units each."""


@dataclass(frozen=True)
class Segments:
    """What a text costs. `foreign` are the signs that keep it from the GSM 7-bit alphabet, each once."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    count: int
    foreign: str


def count_segments(text: str) -> Segments:
    """Count the segments of a text as a phone network cuts it."""
    foreign = "".join(dict.fromkeys(sign for sign in text if sign not in _BASIC | _EXTENDED))
    if foreign:
        units = len(text.encode("utf-16-le")) // 2
        return Segments("UCS-2", units, _segments(units, 70, 67), foreign)
    units = len(text) + sum(sign in _EXTENDED for sign in text)
    return Segments("GSM-7", units, _segments(units, 160, 153), "")


def _segments(units: int, alone: int, of_several: int) -> int:
    return 1 if units <= alone else -(-units // of_several)
