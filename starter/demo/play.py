"""`sojourn demo`: starts everything, plays the shoppers through the journey, and says what came of it."""

import asyncio
import json
import logging
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
from rich.console import Console
from rich.logging import RichHandler

from settings import Settings
from starter.client import Sojourn
from starter.demo.approver import ScriptedApprover, someone_who_may
from starter.demo.checks import differences
from starter.demo.conductor import Conductor
from starter.demo.homepage import Homepage, chosen_on_homepage
from starter.demo.live_view import APPROVALS, live_view
from starter.demo.shoppers import shoppers
from starter.demo.story import Story
from starter.demo.summary import RunRecord, read_records, summarise
from starter.local.ports import Ports, free_ports
from starter.local.stack import LocalStack
from starter.temporal import CORE_LOG

_JOURNEY = "browse-abandonment"
_SPEED = 3 * 24 * 60
"""Three days in a minute."""
_PLAYED_WITHIN_S = 180.0


class DemoFailed(Exception):
    """The demo could not be played. The message says what to do."""


@dataclass(frozen=True)
class Demo:
    """One demo. `once` plays at full speed with a scripted approver, and then ends."""

    seed: int
    once: bool
    as_json: bool

    async def run(self) -> bool:
        """Play the demo; gives whether all went as it must. Without `once` it stays up until interrupted."""
        began = monotonic()
        out = Console(stderr=self.as_json, quiet=self.as_json, width=None if Console().is_terminal else 100)
        _log_to(Console(stderr=True) if self.once else out)
        ports = self._ports(out)
        with tempfile.TemporaryDirectory(prefix="sojourn-demo-") as folder:
            settings = demo_settings(Path(folder))
            async with LocalStack.start(settings, ports, persistent=False, keep_real_vendors=False) as stack:
                return await self._play(stack, out, {"start": monotonic() - began})

    def _ports(self, out: Console) -> Ports:
        if self.once:
            # Nobody follows the links of a demo that ends, and two at once never want the same ports.
            return Ports(*free_ports(4))
        wanted = Ports()
        ports = wanted.or_free()
        if ports != wanted:
            out.print("Some of the usual ports are taken, so others are used.")
        return ports

    async def _play(self, stack: LocalStack, out: Console, seconds: dict[str, float]) -> bool:
        began, now, journey = monotonic(), datetime.now(UTC), stack.services.journeys[_JOURNEY]
        story = Story(shoppers(self.seed, stack.settings.project_dir / "catalogue.yaml", now), now)
        approver = someone_who_may(stack.services.project.people, "marketing", journey.owner)
        async with _client(stack, approver.token) as client:
            conductor = Conductor(
                stack=stack,
                story=story,
                journey=journey,
                client=client,
                speed=None if self.once else _SPEED,
                approver=ScriptedApprover(client) if self.once else None,
                homepage=Homepage(_address(stack), stack.services.project.write_keys[0].key),
            )
            async with live_view(out, story, _links(stack)):
                await _unless_broken(stack, conductor.play(), _PLAYED_WITHIN_S if self.once else None)
        records = await read_records(stack.services.database, story)
        seconds["play"] = monotonic() - began
        summary = summarise(story, records, conductor.events, seconds)
        summary["homepage"] = await chosen_on_homepage(stack.services.database)
        if self.once:
            return self._judge(stack, story, records, summary, out)
        _say_goodbye(out, summary)
        await stack.server.ended()
        return True

    def _judge(
        self, stack: LocalStack, story: Story, records: list[RunRecord], summary: dict[str, Any], out: Console
    ) -> bool:
        wrong = differences(story, stack.sandbox.mailbox, records)
        if self.as_json:
            verdict = {"as_expected": not wrong, "differences": wrong}
            print(json.dumps(verdict | summary, indent=2, ensure_ascii=False))
            return not wrong
        _print_summary(out, summary)
        out.print("\n".join(wrong) if wrong else "Every shopper received exactly what they should.")
        return not wrong


def demo_settings(state_dir: Path) -> Settings:
    """The settings of a demo. All are given, so that nothing of the user's own installation is touched."""
    return Settings(
        project_dir=Path(__file__).parents[2] / "examples" / "retail",
        state_dir=state_dir,
        database_url="",
        temporal_namespace="default",
        task_queue="sojourn",
        host="127.0.0.1",
        secret="",
        master_keys=secrets.token_urlsafe(32),
        demo_users=True,
    )


def _client(stack: LocalStack, token: str) -> Sojourn:
    """A client that sends events and speaks for the person with the token. It heeds no proxy: all is local."""
    key = stack.services.project.write_keys[0].key
    return Sojourn(_address(stack), key, token=token, transport=httpx.AsyncHTTPTransport(trust_env=False))


def _address(stack: LocalStack) -> str:
    return f"http://127.0.0.1:{stack.settings.port}"


async def _unless_broken(stack: LocalStack, play: Any, within: float | None) -> None:
    """Play to the end. Raises LocalPartFailed when a part of the stack ends meanwhile, or DemoFailed when
    it takes too long."""
    playing, breaking = asyncio.ensure_future(play), asyncio.ensure_future(stack.server.ended())
    try:
        done, _ = await asyncio.wait({playing, breaking}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            raise DemoFailed(
                f"The demo was not over after {within:.0f} seconds. Is the machine very busy? Try again."
            )
        await done.pop()
    finally:
        for task in (playing, breaking):
            task.cancel()
        await asyncio.gather(playing, breaking, return_exceptions=True)


def _links(stack: LocalStack) -> Mapping[str, str]:
    settings = stack.settings
    return {
        APPROVALS: f"{settings.public_url}/approvals",
        "Runs, traces": f"{settings.public_url}/runs",
        "Mailbox": stack.mailbox_url,
        "Temporal UI": settings.temporal_ui_url,
    }


def _print_summary(out: Console, summary: Mapping[str, Any]) -> None:
    def counts(of: Mapping[str, int]) -> str:
        return ", ".join(f"{count} {what}" for what, count in of.items()) or "none"

    out.print(f"\n{summary['days_played']} days in {summary['seconds']['play']:.0f} seconds.")
    out.print(f"  Runs        {counts(summary['runs'])}")
    for channel, states in summary["deliveries"].items():
        out.print(f"  {channel:<10}  {counts(states)}")
    out.print(f"  Approvals   {counts(summary['approvals'])}")
    out.print(f"  Homepage    {counts(summary['homepage'])}")
    out.print(f"  Spans       {summary['spans']}\n")


def _say_goodbye(out: Console, summary: Mapping[str, Any]) -> None:
    _print_summary(out, summary)
    out.print("Everything stays up, so look around. Ctrl-C stops it all.")


def _log_to(console: Console) -> None:
    handler = RichHandler(console=console, show_path=False, rich_tracebacks=False)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s", handlers=[handler], force=True)
    # That a task took long says something of the machine, not of the demo.
    logging.getLogger(CORE_LOG).setLevel(logging.ERROR)
