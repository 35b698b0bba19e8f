"""Runs that between them do every kind of step and end in every way. Their histories must replay for ever."""

from dataclasses import dataclass

from tests.conftest import RETAIL
from tests.replay.plays import (
    Play,
    Trouble,
    buys_at,
    fills_the_cart_often,
    fills_the_cart_once,
    is_approved_by_those_asked_next,
    is_cancelled,
    is_decided,
    is_moved_to_a_shorter_version,
    no_trouble,
    only_time_passes,
    opens_and_gets_the_offer,
    opts_out,
    push_answers,
    uses_the_feature_on_the_second_day,
)


@dataclass(frozen=True)
class Story:
    """One run: its journey, and what happens in it."""

    journey: str
    """Its file after the name and the owner; it starts when the story's own event comes."""
    play: Play = only_time_passes
    trouble: Trouble = no_trouble
    hour: int = 12
    """The hour on the shopper's clock when it starts."""


def journey_file(name: str, story: Story) -> str:
    """The file of a story's journey."""
    head = f"journey: {name}\nowner: maria@northwind.example\nstart: {{event: {start_event(name)}}}\n"
    return f"{head}{story.journey}\n"


def start_event(name: str) -> str:
    return f"Started {name}"


def _retail_steps() -> str:
    """The example's own journey, without its head."""
    text = (RETAIL / "journeys" / "browse-abandonment.yaml").read_text(encoding="utf-8")
    return text[text.index("goal:") :]


_GOAL = "goal: {event: Order Completed}\n"
_MAIL = "{id: mail, send: email, content: browse-reminder}"
_PUSH = "{id: push, send: push, content: browse-related}"
_RECEIPT = "{id: receipt, send: push, content: browse-related, purpose: transactional}"
_OFFER = "{id: offer, send: whatsapp, content: browse-offer, offer: {discount: 10%}, approval: marketing}"
_ELEVEN_HOURS = 11 * 3600

STORIES = {
    "retail": Story(_retail_steps(), opens_and_gets_the_offer),
    "goal-while-waiting": Story(f"{_GOAL}steps: [{{wait: 1d}}, {_MAIL}]", buys_at("wait_1")),
    "goal-while-held": Story(f"{_GOAL}steps: [{_MAIL}]", buys_at("mail"), hour=22),
    "goal-while-asked": Story(f"{_GOAL}steps: [{_OFFER}]", buys_at("offer")),
    "held-until-morning": Story(f"steps: [{_MAIL}]", hour=22),
    "opt-out": Story("steps: [{wait: 1d}]", opts_out),
    "stop-event": Story("stop: [Order Completed]\nsteps: [{wait: 1d}]", buys_at("wait_1")),
    "cancelled": Story("steps: [{wait: 1d}]", is_cancelled),
    "end-of-life": Story("life: 3d\nsteps: [{wait: 30d}]"),
    "approved": Story(f"steps: [{_OFFER}]", is_decided("approve")),
    "edited": Story(
        "steps: [{id: mail, send: email, content: browse-reminder, approval: marketing}]",
        is_decided("edit", edits={"subject": "Your tent is still here"}),
    ),
    "escalated": Story(
        "steps: [{id: mail, send: email, content: browse-reminder, approval: {group: support, within: 4h}}]",
        is_approved_by_those_asked_next,
    ),
    "rejected": Story(f"steps: [{_OFFER}, {_PUSH}]", is_decided("reject", "Two offers a month are enough.")),
    "expired": Story(f"steps: [{_OFFER}]"),
    "expired-and-stopped": Story(
        "steps: [{id: offer, send: email, content: browse-reminder,"
        " approval: {group: marketing, within: 2h, otherwise: stop}}]"
    ),
    "retried": Story(f"steps: [{_RECEIPT}]", trouble=push_answers(503, times=2, retry_after=60)),
    "gave-up": Story(
        f"steps: [{_RECEIPT}, {{wait: 1h}}]",
        trouble=push_answers(503, times=None, retry_after=_ELEVEN_HOURS),
    ),
    "unknown": Story(f"steps: [{_PUSH}, {_MAIL}]", trouble=push_answers("drop")),
    "next-channel": Story(
        "steps: [{id: news, send: [push, email], content: browse-reminder}]",
    ),
    "otherwise": Story(
        f"steps: [{{id: news, send: push, content: browse-related, otherwise: [{_MAIL}]}}]",
        trouble=push_answers("UNREGISTERED"),
    ),
    "wait-for-came": Story(
        f"steps: [{{id: cart, wait_for: Cart Updated, within: 1d, then: [{_MAIL}]}}]", fills_the_cart_once
    ),
    "wait-for-timed-out": Story(
        f"steps: [{{id: cart, wait_for: Cart Updated, within: 1d, otherwise: [{_PUSH}]}}]"
    ),
    "continued-as-new": Story(
        "steps: [{id: cart, wait_for: {event: Cart Updated, where: event.number == 99}, within: 1d}]",
        fills_the_cart_often,
    ),
    "moved": Story("steps: [{wait: 1d}, {stop: never reached}]", is_moved_to_a_shorter_version),
    "chosen": Story(
        f"""steps:
  - split: subject-line
    arms: [{{arm: a, then: [{{wait: 1h}}]}}, {{arm: b, then: [{{wait: 2h}}]}}]
  - repeat: 2
    steps:
      - choose: what
        planner: fixed
        options: [{{option: push, then: [{_PUSH}]}}, {{option: mail, then: [{_MAIL}]}}]
      - wait: {{until: now, plus: 2d, at: "12:00"}}
  - branch: [{{if: run.push.sent, then: [{{stop: it was pushed}}]}}]"""
    ),
    "agent": Story(
        f"""steps:
  - agent: activation
    id: agent
    goal: Feature Used
    horizon: 10d
    cadence: 2d
    actions: [{{option: push, then: [{_PUSH}, {{wait: 1d}}]}}]
    then: [{_MAIL}]""",
        uses_the_feature_on_the_second_day,
    ),
    "acted": Story(
        """steps:
  - {id: review, approve: marketing, about: May we win this customer back?, within: 8h}
  - {id: gift, act: coupon, with: {discount: '10'}}
  - set: {customer.won_back: 'true', run.tried: '1'}
  - {id: other, run: child}
  - {stop: all was done}""",
        is_decided("approve"),
    ),
    "child": Story(f"steps: [{{wait: 1h}}, {_MAIL}]"),
}
