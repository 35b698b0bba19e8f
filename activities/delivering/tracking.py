"""Puts our own links and pixel into mails, where the project and the customer allow it."""

from activities.delivering.places import place_of
from content.assembly import Pick
from content.links import LinkSigner, TrackedLink
from content.rendering import Rendered
from content.tracking import with_pixel, with_tracked_links
from project.model import Tracking
from store.tables import Customer

_EEA_AND_UK = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IS", "IT",
    "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip


class Tracker:
    """The tracking of one installation. `public_url` is how its links are reached from outside."""

    def __init__(self, links: LinkSigner, public_url: str, tracking: Tracking) -> None:
        self._links = links
        self._public_url = public_url
        self._tracking = tracking

    def track(self, rendered: Rendered, customer: Customer, delivery_id: str) -> Rendered:
        """The same message with its links led through us and a pixel. Pure, so that what was approved leaves."""
        html = rendered.fields.get("html")
        if not isinstance(html, str) or not html or not self._tracking.allows(customer.traits):
            return rendered
        if self._tracking.clicks:
            picks = {pick.content: pick for pick in rendered.picks}
            html = with_tracked_links(html, lambda url, part: self._tracked(url, delivery_id, picks.get(part)))
        if self._tracking.opens and _may_show_opens(customer):
            html = with_pixel(html, f"{self._public_url}/o/{self._links.open_token(delivery_id)}.gif")
        return rendered.model_copy(update={"fields": {**rendered.fields, "html": html}})

    def _tracked(self, url: str, delivery_id: str, pick: Pick | None) -> str:
        # Our own links know already whose they are; a click on one of them is no interest in anything.
        if url.startswith(f"{self._public_url}/"):
            return url
        link = TrackedLink(delivery_id, url)
        if pick is not None:
            link = TrackedLink(delivery_id, url, pick.slot, pick.content, pick.decision)
        return f"{self._public_url}/c/{self._links.click_token(link)}"


def _may_show_opens(customer: Customer) -> bool:
    """Whether a pixel may tell that the customer read a mail. Where the law of the European Union holds on what is
    read from people's devices (article 5(3) of directive 2002/58/EC, and PECR), that takes their consent."""
    agreed = customer.traits.get("tracking_consent") is True
    return agreed or place_of(customer.traits, customer.locale).country not in _EEA_AND_UK
