"""Which content stands in which slot of a surface, by what holds between them, and why."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from content.assembly import Assembly, Candidate, Chosen, Pick, Place, assemble
from content.surfaces import DISCOUNT, Surface

FITS, SALE = Candidate(why="it fits"), Candidate(kinds=frozenset({DISCOUNT}))
SHUT = Candidate(closed="it is closed")
VAT = Candidate(says="all prices include vat.")
NAMES = ("a", "b", "c", "d")
TEXTS = ("all prices include vat.", "one code an order.", "")


def surface(slots: dict[str, Any], **rules: Any) -> Surface:
    written: dict[str, Any] = {
        name: {"variants": each} if isinstance(each, list) else each for name, each in slots.items()
    }
    return Surface.model_validate({"slots": written, **rules})


def filled(page: Surface, **candidates: Candidate) -> Assembly:
    return assemble(page, {(slot, name): each for slot in page.slots for name, each in candidates.items()})


def last(place: Place) -> Chosen:
    """A planner that takes the last of what is open, once in three times."""
    return Chosen(place.open[-1], "it is the last", 1 / 3, f"{place.slot} {place.number}")


def chosen(*names: str, **rules: Any) -> dict[str, Any]:
    return {"variants": list(names), "planner": "random", **rules}


def shown(assembly: Assembly) -> list[tuple[str, str]]:
    return [(pick.slot, pick.content) for pick in assembly.picks]


def test_a_slot_takes_the_first_that_fits_and_says_why_the_others_were_passed_over():
    page = filled(surface({"hero": ["a", "b", "c"]}), a=Candidate(closed="it is in de"), b=FITS, c=FITS)

    assert page.picks == (Pick("hero", "b", "it fits"),)
    assert page.passed_over == (Pick("hero", "a", "it is in de"),)


def test_a_slot_shows_as_many_as_it_has_room_for_and_none_of_them_twice():
    page = surface({"rail": {"variants": ["a", "b", "c"], "most": 2}, "more": ["a", "c"]})

    assert shown(filled(page, a=FITS, b=FITS, c=FITS)) == [("rail", "a"), ("rail", "b"), ("more", "c")]


def test_there_is_one_discount_on_a_page():
    page = filled(surface({"hero": ["a"], "offer": ["b", "c"]}), a=SALE, b=SALE, c=FITS)

    assert shown(page) == [("hero", "a"), ("offer", "c")]
    assert page.passed_over[0].why == "a surface shows at most 1 with a discount"


def test_what_is_required_is_filled_before_what_is_not():
    page = surface({"hero": ["a"], "legal": {"variants": ["b"], "required": True}}, most_variants=1)

    assert shown(filled(page, a=FITS, b=FITS)) == [("legal", "b")]


def test_a_page_whose_required_slot_stays_empty_is_not_shown():
    closed = filled(
        surface({"hero": ["a"], "legal": {"variants": ["b"], "required": True}}),
        a=FITS,
        b=Candidate(closed="nobody has approved it yet"),
    )

    assert (shown(closed), closed.withheld) == ([], "nothing fits the slot 'legal', which is required")


def test_a_page_that_does_not_say_what_the_law_wants_is_not_shown():
    page = surface({"hero": ["a"], "foot": ["b"]}, legal=["All prices  include VAT."])

    assert shown(filled(page, a=FITS, b=VAT)) == [("hero", "a"), ("foot", "b")]
    assert filled(page, a=FITS, b=FITS).withheld == "nothing that fits says 'All prices  include VAT.'"


def test_a_discount_is_not_shown_without_the_text_it_has_to_stand_beside():
    terms = {"text": "One code an order.", "beside": "discount"}
    page = surface({"hero": ["a", "b"], "foot": ["c"]}, legal=[terms])

    with_terms = filled(page, a=SALE, b=FITS, c=Candidate(says="one code an order."))
    without = filled(page, a=SALE, b=FITS, c=FITS)

    assert shown(with_terms) == [("hero", "a"), ("foot", "c")]
    assert shown(without) == [("hero", "b"), ("foot", "c")]
    assert without.passed_over[0].why == "nothing beside it says 'One code an order.'"


def test_a_planner_takes_one_of_those_that_fit_and_its_probability_is_kept():
    page = surface({"rail": chosen("a", "b", "c", "d", most=2), "foot": ["a"]})
    known = {("rail", name): FITS for name in "abc"} | {("rail", "d"): SHUT, ("foot", "a"): FITS}

    filled_ = assemble(page, known, last)

    assert filled_.picks == (
        Pick("rail", "c", "it is the last", 1 / 3, "rail 0"),
        Pick("rail", "b", "it is the last", 1 / 3, "rail 1"),
        Pick("foot", "a", "it fits"),
    )
    assert {pick.content: pick.why for pick in filled_.passed_over} == {"a": "'b' was chosen", "d": "it is closed"}


def test_a_planner_is_offered_nothing_that_leaves_no_page_to_show():
    offered: list[Place] = []
    page = surface(
        {"hero": chosen("a", "b", "c"), "foot": {"variants": ["d"], "required": True}},
        legal=[
            {"text": "One code an order.", "beside": "discount"},
            {"text": "Drink wisely.", "beside": "alcohol"},
        ],
    )
    terms, wine = Candidate(says="one code an order."), Candidate(kinds=frozenset({"alcohol"}))

    assemble(
        page,
        {("hero", "a"): SALE, ("hero", "b"): wine, ("hero", "c"): FITS, ("foot", "d"): terms},
        lambda place: offered.append(place) or last(place),
    )

    assert offered == [Place("hero", 0, ("a", "c"), {"b": "nothing beside it says 'Drink wisely.'"})]


def test_where_a_planner_does_not_choose_the_first_that_fits_is_taken():
    page = assemble(
        surface({"hero": chosen("a", "b")}), {("hero", "a"): FITS, ("hero", "b"): FITS}, lambda _: None
    )

    assert page.picks == (Pick("hero", "a", "it fits"),)


candidates = st.builds(
    Candidate,
    closed=st.sampled_from(["", "", "it is closed"]),
    kinds=st.sets(st.sampled_from([DISCOUNT, "alcohol"])).map(frozenset),
    says=st.sampled_from(TEXTS),
)
slots = st.fixed_dictionaries(
    {
        "variants": st.lists(st.sampled_from(NAMES), min_size=1, max_size=4),
        "most": st.integers(1, 3),
        "required": st.booleans(),
        "planner": st.sampled_from(["fixed", "random"]),
    }
)
legal = st.lists(
    st.one_of(
        st.just(TEXTS[0]),
        st.fixed_dictionaries({"text": st.just(TEXTS[1]), "beside": st.sampled_from(["discount", "alcohol"])}),
    ),
    max_size=2,
)


@given(
    pages=st.builds(
        surface,
        st.dictionaries(st.sampled_from(["hero", "rail", "offer", "foot"]), slots, min_size=1),
        most_variants=st.sampled_from([None, 4, 5]),
        most_discounts=st.integers(0, 2),
        legal=legal,
    ),
    known=st.fixed_dictionaries(dict.fromkeys(NAMES, candidates)),
)
def test_no_page_ever_breaks_its_rules(pages: Surface, known: dict[str, Candidate]):
    by_slot = {(slot, name): each for slot in pages.slots for name, each in known.items()}
    page = assemble(pages, by_slot, last)
    names = [pick.content for pick in page.picks]
    said = [known[name].says for name in names]

    assert sum(DISCOUNT in known[name].kinds for name in names) <= pages.most_discounts
    assert pages.most_variants is None or len(names) <= pages.most_variants
    assert len(names) == len(set(names))
    assert not any(known[name].closed for name in names)
    assert all(sum(pick.slot == slot for pick in page.picks) <= each.most for slot, each in pages.slots.items())
    for text in pages.legal if names else ():
        due = text.beside is None or any(text.beside in known[name].kinds for name in names)
        assert not due or text.text in said
    for slot, each in pages.slots.items() if names else ():
        assert not each.required or any(pick.slot == slot for pick in page.picks)
