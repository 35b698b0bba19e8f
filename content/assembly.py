"""Fills the slots of a surface: which content stands where, by what holds between them, and why. A pure function.

Slots are filled one after the other, the required ones first, each with the first of its variants that fits. What
would break a rule of the surface is passed over. So the same candidates always give the same page, and a marketer
can follow it with a finger on the file. In a slot that has a planner, the planner takes one of those that fit.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

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
    probability: float = 1.0
    """How likely it was: less than 1 where a planner drew it."""
    decision: str = ""
    """The planner's decision, by its id in the log of decisions; empty where none chose."""


@dataclass(frozen=True)
class Place:
    """A place in a slot that has a planner, when it is to be filled."""

    slot: str
    number: int
    """Of the places in the slot, from 0."""
    open: tuple[str, ...]
    """The contents that fit there, at least one, in the order they are written."""
    closed: Mapping[str, str]
    """The others, and why."""


@dataclass(frozen=True)
class Chosen:
    """What a planner put into a place, and how likely that was."""

    content: str
    why: str
    probability: float
    decision: str


Choose = Callable[[Place], Chosen | None]
"""Chooses for a place, each time the same; None leaves it to the order in which the contents are written."""


@dataclass(frozen=True)
class Assembly:
    """What a surface shows, in the order of its slots, what was passed over, and why."""

    picks: tuple[Pick, ...]
    passed_over: tuple[Pick, ...]
    withheld: str = ""
    """Why nothing at all is shown; empty when something may be."""


Candidates = Mapping[tuple[str, str], Candidate]
"""By slot and content, each that a surface names."""


def assemble(surface: Surface, candidates: Candidates, choose: Choose | None = None) -> Assembly:
    """Fill a surface.

    Where a legal text is missing, what it has to stand beside is not shown; where it has to be there always, or
    a required slot stays empty, nothing is. A planner is only offered what leaves a page that can be shown; should
    what several of them chose not fit together all the same, the page is filled as it is written.
    """
    if choose is not None and surface.is_chosen:
        page = _Page(surface, candidates, choose=choose)
        page.fill()
        if not page.empty_slot() and page.unsaid() is None:
            return page.assembly()
    return _as_written(surface, candidates)


def _as_written(surface: Surface, candidates: Candidates, shown: tuple[Pick, ...] = ()) -> Assembly:
    """Fill a surface beside what is `shown` already, each slot with the first that fits."""
    barred: dict[str, str] = {}
    while True:
        page = _Page(surface, candidates, barred, shown)
        page.fill()
        if empty := page.empty_slot():
            return page.withheld(f"nothing fits the slot '{empty}', which is required")
        if (legal := page.unsaid()) is None:
            return page.assembly()
        because = f"nothing beside it says '{legal.text}'"
        if legal.beside is None:
            return page.withheld(f"nothing that fits says '{legal.text}'")
        of_kind = list(page.of_kind(legal.beside))
        if any(pick.content in of_kind for pick in shown):
            return page.withheld(because)
        barred |= dict.fromkeys(of_kind, because)


@dataclass
class _Page:
    """One attempt to fill a surface, without what an earlier one `barred`."""

    surface: Surface
    candidates: Candidates
    barred: Mapping[str, str] = field(default_factory=dict[str, str])
    shown: tuple[Pick, ...] = ()
    choose: Choose | None = None

    def __post_init__(self) -> None:
        self._picks = list(self.shown)
        self._passed: list[Pick] = []

    def fill(self) -> None:
        # One content for each required slot, before any slot gets its second or an optional one its first.
        slots = self.surface.slots.items()
        for name, slot in slots:
            if slot.required:
                self._fill(name, slot, 1)
        for name, slot in slots:
            self._fill(name, slot, slot.most)

    def _fill(self, name: str, slot: Slot, most: int) -> None:
        while self._shown_in(name) < most and self._fill_place(name, slot):
            pass

    def _fill_place(self, name: str, slot: Slot) -> bool:
        """Fill the next place of a slot; whether anything fits there."""
        if self.choose is not None and slot.is_chosen:
            return self._let_choose(name, slot, self.choose)
        for content in self._left(name, slot):
            if against := self._against(name, content):
                self._passed.append(Pick(name, content, against))
            else:
                self._picks.append(Pick(name, content, self.candidates[name, content].why))
                return True
        return False

    def _let_choose(self, name: str, slot: Slot, choose: Choose) -> bool:
        """Let a planner fill the next place of its slot; whether anything fits there."""
        closed = {each: self._against(name, each) or self._dead_end(name, each) for each in self._left(name, slot)}
        open_ = tuple(content for content, against in closed.items() if not against)
        if open_:
            place = Place(name, self._shown_in(name), open_, {each: why for each, why in closed.items() if why})
            chosen = choose(place) or Chosen(open_[0], self.candidates[name, open_[0]].why, 1.0, "")
            self._picks.append(Pick(name, chosen.content, chosen.why, chosen.probability, chosen.decision))
            closed = {each: why or f"'{chosen.content}' was chosen" for each, why in closed.items()}
            del closed[chosen.content]
        # What was passed over for an earlier place of the slot may stand in this one.
        others = [pick for pick in self._passed if pick.slot != name]
        self._passed = [*others, *(Pick(name, each, why) for each, why in closed.items())]
        return bool(open_)

    def _left(self, name: str, slot: Slot) -> list[str]:
        """The contents of a slot that were not put there, nor passed over for good."""
        gone = {pick.content for pick in self._picks if pick.slot == name}
        if self.choose is None or not slot.is_chosen:
            gone |= {pick.content for pick in self._passed if pick.slot == name}
        return list(dict.fromkeys(choice.content for choice in slot.variants if choice.content not in gone))

    def _dead_end(self, name: str, content: str) -> str:
        """Why no page could be shown with a content, however the rest is filled; empty when one can."""
        pick = Pick(name, content, "")
        return _as_written(self.surface, self.candidates, (*self._picks, pick)).withheld

    def _against(self, name: str, content: str) -> str:
        """Why a content may not join those that are shown already; empty when it may."""
        surface, candidate = self.surface, self.candidates[name, content]
        if candidate.closed or content in self.barred:
            return candidate.closed or self.barred[content]
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
        shown = ((pick.content, self.candidates[pick.slot, pick.content]) for pick in self._picks)
        return (content for content, candidate in shown if kind in candidate.kinds)

    def empty_slot(self) -> str:
        """A required slot with nothing in it."""
        slots = self.surface.slots.items()
        return next((name for name, slot in slots if slot.required and not self._shown_in(name)), "")

    def unsaid(self) -> Legal | None:
        """A legal text that has to be shown and is not."""
        shown = [self.candidates[pick.slot, pick.content].says for pick in self._picks]
        due = (each for each in self.surface.legal if each.beside is None or any(self.of_kind(each.beside)))
        return next((each for each in due if not any(said([each.text]) in text for text in shown)), None)

    def assembly(self) -> Assembly:
        order = list(self.surface.slots)
        return Assembly(tuple(sorted(self._picks, key=lambda pick: order.index(pick.slot))), tuple(self._passed))

    def withheld(self, why: str) -> Assembly:
        return Assembly((), (*self._picks, *self._passed), why)
