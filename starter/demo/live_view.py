"""The demo as one sees it: every shopper on a line, what just happened, and where to look further."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from starter.demo.story import Happening, Part, Story

_WIDTH = 80
_REFRESH_S = 0.15
_MOST_HAPPENINGS = 8
_GOOD, _WAITS = "green", "yellow"
APPROVALS = "Approvals"
"""The link under which a person decides."""


@asynccontextmanager
async def live_view(console: Console, story: Story, links: Mapping[str, str]) -> AsyncGenerator[None]:
    """Show the story while the block lasts: live in a terminal, as plain lines anywhere else."""
    if not console.is_terminal:
        story.listener = lambda happening: console.print(plain_line(happening), highlight=False, soft_wrap=True)
        yield
        return
    with Live(_screen(console, story, links), console=console, auto_refresh=False) as live:
        drawing = asyncio.create_task(_draw(live, console, story, links))
        try:
            yield
        finally:
            drawing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drawing
            live.update(_screen(console, story, links), refresh=True)


def plain_line(happening: Happening) -> str:
    return f"{happening.at:%a %H:%M}  {happening.shopper:<8} {happening.text}"


async def _draw(live: Live, console: Console, story: Story, links: Mapping[str, str]) -> None:
    while True:
        live.update(_screen(console, story, links), refresh=True)
        await asyncio.sleep(_REFRESH_S)


def _screen(console: Console, story: Story, links: Mapping[str, str]) -> Group:
    used = len(story.parts) + len(links) + 4
    room = max(2, min(_MOST_HAPPENINGS, console.height - used))
    width = min(_WIDTH, console.width)
    tables = (_shoppers(story, width), _feed(story, room, width), _links(links, story.asked, width))
    return Group(tables[0], Text(""), tables[1], Text(""), tables[2])


def _shoppers(story: Story, width: int) -> Table:
    table = Table(box=None, width=width, padding=(0, 1, 0, 0), header_style="bold", pad_edge=False)
    for heading, size in (("Shopper", 7), ("Their time", 10), ("Last", 38), ("Waits for", 20)):
        table.add_column(heading, width=size, no_wrap=True, overflow="ellipsis")
    for part in story.parts:
        table.add_row(part.shopper.name, f"{part.local(part.now):%a %H:%M}", part.last, _standing(part))
    return table


def _standing(part: Part) -> Text:
    if part.outcome:
        return Text(f"over: {part.outcome}", style=_GOOD if part.outcome == "goal" else "dim")
    return Text(part.waits_for, style=_WAITS if part.is_asked else "")


def _feed(story: Story, room: int, width: int) -> Table:
    table = Table(box=None, width=width, padding=(0, 1, 0, 0), show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, overflow="ellipsis", style="dim")
    latest = story.happenings[-room:]
    for happening in latest:
        table.add_row(plain_line(happening))
    for _ in range(room - len(latest)):
        table.add_row("")
    return table


def _links(links: Mapping[str, str], asked: int, width: int) -> Table:
    table = Table(box=None, width=width, padding=(0, 1, 0, 0), show_header=False, pad_edge=False)
    table.add_column(width=12, no_wrap=True, style="bold")
    table.add_column(no_wrap=True, overflow="fold", width=width - 14)
    for what, url in links.items():
        waiting = f"  {asked} wait for you" if asked and what == APPROVALS else ""
        table.add_row(what, Text(url + waiting, style=_WAITS if waiting else ""))
    return table
