"""Journeys as SVG, looked at by a real browser."""

import shutil
import xml.etree.ElementTree as ET
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from journeys.drawing.svg import Count, draw_figure, draw_svg
from journeys.loader import load_journey
from tests.drawing.conftest import EVERY_STEP, FILES, name_of

_SPILLS = """() => [...document.querySelectorAll('svg g:not(.badge)')].flatMap(g => {
  const box = g.querySelector('rect').getBBox();
  return [...g.querySelectorAll(':scope > text')].filter(text => {
    const said = text.getBBox();
    return said.x < box.x || said.x + said.width > box.x + box.width
        || said.y < box.y - 1 || said.y + said.height > box.y + box.height + 1;
  }).map(text => text.textContent);
})"""


@pytest.fixture
async def browser() -> AsyncGenerator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("chromium is missing: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.mark.xdist_group("browser")
async def test_no_text_spills_over_its_box(browser: Browser, tmp_path: Path) -> None:
    page = await browser.new_page()
    for file in FILES:
        picture = tmp_path / f"{file.stem}.svg"
        picture.write_text(draw_svg(load_journey(file)), encoding="utf-8")
        await page.goto(picture.as_uri())
        assert await page.evaluate(_SPILLS) == [], file.stem


@pytest.mark.xdist_group("browser")
async def test_it_is_dark_where_the_reader_wants_it_dark(browser: Browser, tmp_path: Path) -> None:
    picture = tmp_path / "every-step.svg"
    picture.write_text(draw_svg(load_journey(EVERY_STEP)), encoding="utf-8")
    seen: dict[str, str] = {}
    for scheme in ("light", "dark"):
        page = await browser.new_page(color_scheme=scheme)
        await page.goto(picture.as_uri())
        seen[scheme] = await page.evaluate("getComputedStyle(document.querySelector('svg')).backgroundColor")
    assert seen == {"light": "rgb(247, 245, 240)", "dark": "rgb(21, 22, 19)"}


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_every_box_says_all_of_it_to_who_cannot_see_it(file: Path) -> None:
    root = ET.fromstring(draw_svg(load_journey(file)))
    groups = root.findall("{http://www.w3.org/2000/svg}g")
    assert groups
    assert all(group.findtext("{http://www.w3.org/2000/svg}title") for group in groups)
    assert root.get("aria-label")


def test_counts_stand_at_their_steps_only() -> None:
    figure = draw_figure(load_journey(EVERY_STEP), {"wait_1": Count(here=12, done=340), "send_3": Count(done=7)})
    root = ET.fromstring(figure)
    told = {
        group.get("data-step"): "".join(group.itertext()) for group in root.iter("g") if group.get("data-step")
    }
    assert "12 here" in told["wait_1"]
    assert "340 done" in told["wait_1"]
    assert "7 done" in told["send_3"]
    assert [step for step, text in told.items() if " here" in text] == ["wait_1"]


def test_a_figure_of_a_page_brings_no_style_of_its_own() -> None:
    """The console's security policy lets no inline style in."""
    assert "style" not in draw_figure(load_journey(EVERY_STEP), {})
