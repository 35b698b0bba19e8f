"""How wide text is, nearly, and where its lines break. No fonts are at hand, so widths are on the safe side."""

import re
from collections.abc import Iterator

_NARROW, _WIDE = frozenset("iljtfrI.,:;|'!()[]{} -/\"`"), frozenset("mwMW@%&—…")
_NARROW_EM, _WIDE_EM, _CAPITAL_EM, _USUAL_EM = 0.37, 0.95, 0.72, 0.59
MONO_EM = 0.62
"""The width of every character of a monospaced font, in parts of its size."""


def width(text: str, size: float) -> float:
    """About how wide a text is in pixels, in a sans-serif font of a size."""
    return size * sum(map(_em, text))


def wrap(text: str, room: float, size: float, most: int) -> list[str]:
    """Break a text into at most `most` lines that fit in `room` pixels; what is left over becomes an ellipsis."""
    lines = [""]
    for word in _pieces(text, room, size):
        longer = f"{lines[-1]} {word}".strip()
        if width(longer, size) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while width(f"{last} …", size) > room:
        last = last[:-1]
    return [*lines[: most - 1], f"{last} …"]


def wrap_id(step_id: str, most: int) -> list[str]:
    """Break an id behind its underscores into lines of at most `most` characters, where that can be done."""
    lines = [""]
    for part in re.findall(r"[^_]+_*", step_id):
        if lines[-1] and len(lines[-1]) + len(part) > most:
            lines.append("")
        lines[-1] += part
    return lines


def _pieces(text: str, room: float, size: float) -> Iterator[str]:
    """The words, and those that are too long for a line in parts."""
    for word in text.split():
        rest = word
        while width(rest, size) > room:
            end = len(rest)
            while width(rest[:end], size) > room:
                end -= 1
            # An expression breaks best behind a sign.
            sign = max(rest.rfind(sign, 1, end) for sign in "._(,&|=-")
            end = sign + 1 if sign >= end // 2 else end
            yield rest[:end]
            rest = rest[end:]
        yield rest


def _em(character: str) -> float:
    if character in _NARROW:
        return _NARROW_EM
    if character in _WIDE:
        return _WIDE_EM
    return _CAPITAL_EM if character.isupper() else _USUAL_EM
