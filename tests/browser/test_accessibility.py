"""Every page of the console as axe judges it, by the rules of WCAG 2.2 AA, in light and in dark."""

from datetime import timedelta
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

from starter.services import Services
from tests.browser.conftest import IN_THE_BROWSER, Visit
from tests.customers.filling import LENA, fill
from tests.experiments.conftest import came, running
from tests.seeding import NOW, approval, change, grant, put, refund, run, run_ref, trace

pytestmark = IN_THE_BROWSER

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_PAGES = [
    "/approvals",
    "/approvals/together?like=a_8",
    "/approvals/grants",
    f"/customers/{LENA}",
    f"/customers/{LENA}?show=known",
    f"/runs/{run_ref('another-tent').workflow_id}",
    "/journeys/browse-abandonment",
    "/experiments",
    "/experiments/subject-line",
    "/changes",
    "/changes/ch_1",
    "/content",
    "/audit",
]


async def test_axe_finds_nothing_on_any_page(visit: Visit, demo: Services) -> None:
    ref = run_ref("another-tent")
    rows = [approval("a_7", channel="email"), approval("a_8", similar="x"), approval("a_9", similar="x")]
    await fill(demo.database)
    await came(demo.database, NOW - timedelta(days=30))
    await came(demo.database, NOW - timedelta(days=25), prefix="later")
    await put(demo.database, running(NOW - timedelta(days=40)))
    await put(demo.database, run(ref), *trace(ref, NOW - timedelta(hours=46)), *rows)
    await put(demo.database, grant(approval_id="a_8", group="support"), refund("a_10"))
    await put(demo.database, change(settled_by=["ada@northwind.example"]))
    page = await visit(demo, "/", person="Omar")
    await page.emulate_media(reduced_motion="reduce")
    for path in _PAGES:
        await page.goto(_site(page) + path)
        await page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        assert await _found(page, "light") == [], path
        assert await _found(page, "dark") == [], path


def _site(page: Page) -> str:
    return "/".join(page.url.split("/")[:3])


async def _found(page: Page, scheme: Literal["light", "dark"]) -> list[str]:
    """What is wrong, and where. In the dark only colours are others; the mail in the frame is the shop's."""
    await page.emulate_media(color_scheme=scheme)
    only: dict[str, Any] = {"runOnly": _RULES if scheme == "light" else ["color-contrast"], "iframes": False}
    results = await Axe().run(page, options=only | {"resultTypes": ["violations"]})
    return [
        f"{wrong['id']}: {place['target']} {place['html'][:200]}"
        for wrong in results.response["violations"]
        for place in wrong["nodes"]
    ]
