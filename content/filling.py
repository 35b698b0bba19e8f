"""Fills contents in for one customer: one by itself, or those of a surface that stand in its slots."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from content.approvals import Standing
from content.assembly import Assembly, Candidate, Pick, assemble
from content.catalogue import Catalogue
from content.front import FrontMatter
from content.marks import of_part
from content.rendering import RenderContext, RenderingFailed
from content.surfaces import DISCOUNT, Choice, Surface, said
from content.variables import variables
from content.variant import Variant
from journeys.conditions import holds
from journeys.features import Asked
from policies.content_fit import ContentFitPolicy
from policies.holdout import HoldoutPolicy
from policies.model import SLOT, Action, Allow, Facts, Policy
from policies.objection import ObjectionPolicy


@dataclass(frozen=True)
class Part:
    """What stands in a slot: its finished fields, and why it is there."""

    pick: Pick
    fields: dict[str, Any]
    version: str
    categories: frozenset[str]


@dataclass(frozen=True)
class Assembled:
    """A surface as one customer gets it."""

    parts: tuple[Part, ...]
    assembly: Assembly

    def by_slot(self, surface: Surface) -> dict[str, list[dict[str, Any]]]:
        """The fields of what stands in each slot of its surface, as templates show them."""
        shown = [(part.pick.slot, of_part(part.fields, part.pick.content)) for part in self.parts]
        return {slot: [fields for of, fields in shown if of == slot] for slot in surface.slots}


@dataclass(frozen=True)
class _Filled:
    """A content filled in, or why it is not."""

    candidate: Candidate
    fields: dict[str, Any]
    version: str = ""


class SlotFiller:
    """Puts the surfaces of one project together."""

    def __init__(
        self,
        surfaces: Mapping[str, Surface],
        contents: Mapping[str, tuple[Variant | None, Standing]],
        catalogue: Catalogue,
        policies: Sequence[Policy],
    ) -> None:
        """`contents` are those for slots, by name: the version that may be shown, if there is one."""
        self.surfaces = surfaces
        self._contents = contents
        self._catalogue = catalogue
        self.judge_by(policies)

    def judge_by(self, policies: Sequence[Policy]) -> None:
        """Fill by these policies from now on. Those count that judge slots; that a content is in date and in the
        reader's language is always asked."""
        self._holdouts = tuple(policy for policy in policies if isinstance(policy, HoldoutPolicy))
        asked = tuple(policy for policy in policies if policy.judges_slots)
        always = () if any(isinstance(policy, ContentFitPolicy) for policy in asked) else (ContentFitPolicy(),)
        self._policies = (*always, *asked)

    def held_out(self, customer_id: str) -> str:
        """Why a customer is kept back for comparison, with what is for everyone; empty when they are not."""
        return next((why for policy in self._holdouts if (why := policy.held_out(customer_id))), "")

    def fill(self, surface: Surface, context: RenderContext) -> Assembled:
        """The surface as this customer gets it at this moment; what cannot be made for them is passed over."""
        filled = {name: self._filled(name, context) for name in sorted(surface.contents)}
        candidates = {
            (slot, choice.content): _chosen(filled[choice.content].candidate, choice, context)
            for slot, each in surface.slots.items()
            for choice in each.variants
        }
        assembly = assemble(surface, candidates, context.choose)
        parts = tuple(self._part(pick, filled[pick.content]) for pick in assembly.picks)
        return Assembled(parts, assembly)

    def asks(self, name: str) -> Asked | None:
        """What a surface and the policies on its slots ask of the customer; None may be everything."""
        asked = self.surfaces[name].asks
        for policy in self._policies:
            if asked is None or policy.attributes is None:
                return None
            asked = {**asked, **dict.fromkeys(policy.attributes, ())}
        return asked

    def leaves_alone(self, attributes: Mapping[str, Any]) -> bool:
        """Whether a customer objected to what is made for them, and gets what is for everyone in its place."""
        objections = (policy for policy in self._policies if isinstance(policy, ObjectionPolicy))
        return any(policy.objects(attributes) for policy in objections)

    def used(self, name: str) -> frozenset[str]:
        """What the contents of a surface show, as `Variant.used` says it."""
        variants = (self._contents[content][0] for content in self.surfaces[name].contents)
        return frozenset[str]().union(*(variant.used for variant in variants if variant))

    def _part(self, pick: Pick, filled: _Filled) -> Part:
        return Part(pick, filled.fields, filled.version, filled.candidate.kinds - {DISCOUNT})

    def _filled(self, name: str, context: RenderContext) -> _Filled:
        variant, standing = self._contents[name]
        if variant is None:
            return _Filled(Candidate(closed=f"it may not be shown: {standing.why}"), {})
        front = variant.front
        product_id = front.product or str(context.event.get("product_id", ""))
        product = self._catalogue.product(product_id)
        about = front.categories | (product.about if product else frozenset[str]())
        try:
            fields = fill(variant, context, self._catalogue, product_id)
        except RenderingFailed as error:
            return _Filled(Candidate(closed=f"it cannot be made for them: {error.reason}"), {})
        action = _shown(name, front, about, product.margin if product else None, " ".join(_texts(fields)))
        if against := self._against(action, context):
            return _Filled(Candidate(closed=against), {})
        kinds = about | ({DISCOUNT} if front.offer or "offer" in variant.used else frozenset[str]())
        return _Filled(Candidate(kinds=kinds, says=said(_texts(fields))), fields, variant.version)

    def _against(self, action: Action, context: RenderContext) -> str:
        """What the policies on slots have against it for this customer; empty when nothing."""
        reader = context.customer
        facts = Facts(
            now=context.now, action=action, time_zone=reader.time_zone, locale=reader.locale,
            attributes={**reader.traits, **reader.seen}, brand=context.brand.name,
        )  # fmt: skip
        verdicts = (policy.judge(facts) for policy in self._policies)
        return next((verdict.reason for verdict in verdicts if not isinstance(verdict, Allow)), "")


def fill(
    variant: Variant,
    context: RenderContext,
    catalogue: Catalogue,
    product_id: str,
    slots: Mapping[str, list[dict[str, Any]]] | None = None,
) -> dict[str, Any]:
    """The finished fields of a content about a product, with what stands in its slots. Raises RenderingFailed."""
    _keep_to_offer(variant, context)
    _keep_to_range(variant, catalogue, product_id)
    known = variables(context, catalogue, product_id, variant.front.language)
    return variant.fill({**known, "slots": slots or {}})


def _keep_to_offer(variant: Variant, context: RenderContext) -> None:
    """Raises RenderingFailed for a discount that is larger than the content was approved for."""
    most, offer = variant.front.offer, context.offer
    if offer and most is not None and offer.discount > most and "offer" in variant.used:
        reason = f"it may promise at most {most:g} %; the step offers {offer.discount:g} %"
        raise RenderingFailed(variant.file, 1, reason)


def _keep_to_range(variant: Variant, catalogue: Catalogue, product_id: str) -> None:
    """Raises RenderingFailed for what would advertise a product that the shop has withdrawn. Content that asks
    whether it is withdrawn says so itself."""
    product, front = catalogue.product(product_id), variant.front
    if product and product.withdrawn and front.purpose == "marketing" and "product.withdrawn" not in variant.used:
        raise RenderingFailed(variant.file, 1, f"the product '{product_id}' is not sold any more")


def _shown(name: str, front: FrontMatter, about: frozenset[str], margin: float | None, text: str) -> Action:
    """A content as policies judge it in a slot. Nobody is asked about a page: a person approved what it says."""
    return Action(
        journey="", step_id="", channel=SLOT, purpose=front.purpose, content=name, topic=front.topic or "",
        categories=about, language=front.language, valid_from=front.valid_from, valid_until=front.valid_until,
        discount=front.offer, margin=margin, text=text, approved=True,
    )  # fmt: skip


def _chosen(candidate: Candidate, choice: Choice, context: RenderContext) -> Candidate:
    """A candidate as one slot names it: open only to those whom its condition means."""
    for_everyone = choice.when == "true"
    reader = context.customer
    if not for_everyone and not holds(choice.when, {"customer": reader.seen or reader.traits, "now": context.now}):
        return Candidate(closed=f"only if {choice.when}")
    why = "for everyone whom it fits" if for_everyone else f"because {choice.when}"
    return candidate if candidate.closed else replace(candidate, why=why)


def _texts(fields: Mapping[str, Any]) -> Iterator[str]:
    """All texts of a content's fields."""
    for value in fields.values():
        yield from map(str, cast(list[Any], value) if isinstance(value, list) else [value])
