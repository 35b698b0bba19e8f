"""Journeys as SVG, looked at by a real browser."""

from pathlib import Path

from playwright.async_api import Browser, expect

from journeys.drawing.svg import draw_svg
from journeys.loader import load_journey
from starter.services import Services
from tests.browser.conftest import IN_THE_BROWSER, Visit
from tests.drawing.conftest import EVERY_STEP, FILES
from tests.seeding import JOURNEY, customer, put, run, run_ref

pytestmark = IN_THE_BROWSER

_SPILLS = """() => [...document.querySelectorAll('svg g:not(.badge)')].flatMap(g => {
  const box = g.querySelector('rect').getBBox();
  return [...g.querySelectorAll(':scope > text')].filter(text => {
    const said = text.getBBox();
    return said.x < box.x || said.x + said.width > box.x + box.width
        || said.y < box.y - 1 || said.y + said.height > box.y + box.height + 1;
  }).map(text => text.textContent);
})"""


async def test_no_text_spills_over_its_box(browser: Browser, tmp_path: Path) -> None:
    async with await browser.new_page() as page:
        for file in FILES:
            picture = tmp_path / f"{file.stem}.svg"
            picture.write_text(draw_svg(load_journey(file)), encoding="utf-8")
            await page.goto(picture.as_uri())
            assert await page.evaluate(_SPILLS) == [], file.stem


async def test_it_is_dark_where_the_reader_wants_it_dark(browser: Browser, tmp_path: Path) -> None:
    picture = tmp_path / "every-step.svg"
    picture.write_text(draw_svg(load_journey(EVERY_STEP)), encoding="utf-8")
    seen: dict[str, str] = {}
    for scheme in ("light", "dark"):
        async with await browser.new_page(color_scheme=scheme) as page:
            await page.goto(picture.as_uri())
            seen[scheme] = await page.evaluate("getComputedStyle(document.querySelector('svg')).backgroundColor")
    assert seen == {"light": "rgb(247, 245, 240)", "dark": "rgb(21, 22, 19)"}


async def test_the_drawing_of_the_console_has_its_colours(visit: Visit, demo: Services) -> None:
    version = demo.journeys[JOURNEY].version
    await put(demo.database, customer(), run(run_ref("fjell-3"), version=version, start_seq=1))
    page = await visit(demo, f"/journeys/{JOURNEY}")
    step = page.locator("[data-step=reminder] > rect")
    await expect(page.get_by_text("1 here")).to_be_visible()
    assert await step.evaluate("box => getComputedStyle(box).stroke") == "rgb(31, 90, 75)"
