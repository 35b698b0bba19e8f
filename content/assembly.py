"""Fills the slots of a surface: which content stands where, by what holds between them, and why. A pure function.

Slots are filled one after the other, the required ones first, each with the first of its variants that fits. What
would break a rule of the surface is passed over. So the same candidates always give the same page, and a marketer
can follow it with a finger on the file.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from content.surfaces import DISCOUNT, Legal, Slot, Surface, said


@dataclass(frozen=True)
class Candidate:
    """A content that a surface names, as it stands for one customer at one moment."""

    closed: str = ""
    """Why it may not be shown to them; empty when it may."""
    why: str = ""
    """Why it fits them."""
    kinds: frozenset[str] = frozenset()
    """Its categories, and `discount` when it promises one."""
    says: str = ""
    """All that it says, as `content.surfaces.said` writes it."""


@dataclass(frozen=True)
class Pick:
    """A content in a slot, and why it is there."""

    slot: str
    content: str
    why: str


@dataclass(frozen=True)
class Assembly:
    """What a surface shows, in the order of its slots, what was passed over, and why."""

    picks: tuple[Pick, ...]
    passed_over: tuple[Pick, ...]
    withheld: str = ""
    """Why nothing at all is shown; empty when something may be."""


Candidates = Mapping[tuple[str, str], Candidate]
"""By slot and content, each that a surface names."""


def assemble(surface: Surface, candidates: Candidates) -> Assembly:
    """Fill a surface.

    Where a legal text is missing, what it has to stand beside is not shown; where it has to be there always, or
    a required slot stays empty, nothing is.
    """
    barred: dict[str, str] = {}
    while True:
        filling = _Filling(surface, candidates, barred)
        filling.fill()
        if empty := filling.empty_slot():
            return filling.withheld(f"nothing fits the slot '{empty}', which is required")
        if (legal := filling.unsaid()) is None:
            return filling.assembly()
        if legal.beside is None:
            return filling.withheld(f"nothing that fits says '{legal.text}'")
        barred |= dict.fromkeys(filling.of_kind(legal.beside), f"nothing beside it says '{legal.text}'")


class _Filling:
    """One attempt to fill a surface, without what an earlier one barred."""

    def __init__(self, surface: Surface, candidates: Candidates, barred: Mapping[str, str]) -> None:
        self._surface = surface
        self._candidates = candidates
        self._barred = barred
        self._picks: list[Pick] = []
        self._passed: list[Pick] = []

    def fill(self) -> None:
        # One content for each required slot, before any slot gets its second or an optional one its first.
        slots = self._surface.slots.items()
        for name, slot in slots:
            if slot.required:
                self._fill(name, slot, 1)
        for name, slot in slots:
            self._fill(name, slot, slot.most)

    def _fill(self, name: str, slot: Slot, most: int) -> None:
        for choice in slot.variants:
            if self._shown_in(name) >= most:
                return
            if any((each.slot, each.content) == (name, choice.content) for each in (*self._picks, *self._passed)):
                continue
            candidate = self._candidates[name, choice.content]
            if against := self._against(choice.content, candidate):
                self._passed.append(Pick(name, choice.content, against))
            else:
                self._picks.append(Pick(name, choice.content, candidate.why))

    def _against(self, content: str, candidate: Candidate) -> str:
        """Why a content may not join those that are shown already; empty when it may."""
        surface = self._surface
        if candidate.closed or content in self._barred:
            return candidate.closed or self._barred[content]
        if any(pick.content == content for pick in self._picks):
            return "it is shown already"
        if surface.most_variants is not None and len(self._picks) >= surface.most_variants:
            return f"there are {surface.most_variants} already, the most there may be"
        if DISCOUNT in candidate.kinds and len(list(self.of_kind(DISCOUNT))) >= surface.most_discounts:
            return f"a surface shows at most {surface.most_discounts} with a discount"
        return ""

    def _shown_in(self, slot: str) -> int:
        return sum(pick.slot == slot for pick in self._picks)

    def of_kind(self, kind: str) -> Iterator[str]:
        """Those shown that are of a category, or promise a discount."""
        shown = ((pick.content, self._candidates[pick.slot, pick.content]) for pick in self._picks)
        return (content for content, candidate in shown if kind in candidate.kinds)

    def empty_slot(self) -> str:
        """A required slot with nothing in it."""
        slots = self._surface.slots.items()
        return next((name for name, slot in slots if slot.required and not self._shown_in(name)), "")

    def unsaid(self) -> Legal | None:
        """A legal text that has to be shown and is not."""
        shown = [self._candidates[pick.slot, pick.content].says for pick in self._picks]
        due = (each for each in self._surface.legal if each.beside is None or any(self.of_kind(each.beside)))
        return next((each for each in due if not any(said([each.text]) in text for text in shown)), None)

    def assembly(self) -> Assembly:
        order = list(self._surface.slots)
        return Assembly(tuple(sorted(self._picks, key=lambda pick: order.index(pick.slot))), tuple(self._passed))

    def withheld(self, why: str) -> Assembly:
        return Assembly((), (*self._picks, *self._passed), why)
