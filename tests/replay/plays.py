"""What happens to a shopper's run in a story, and how vendors misbehave in it."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from temporalio.service import RPCError, RPCStatusCode

from sandbox.faults import Answer
from tests.retail import ADA, Handle, Shopper
from tests.waiting import asks, eventually
from workflows.journey import CustomerJourney
from workflows.state import Move

Play = Callable[[Shopper, Handle], Awaitable[None]]
Trouble = Callable[[Shopper], None]


def no_trouble(_: Shopper) -> None:
    """Every vendor is well."""


def push_answers(answer: Answer, times: int | None = 1, retry_after: int | None = None) -> Trouble:
    """The vendor of push messages has a fault."""

    def trouble(lena: Shopper) -> None:
        lena.shop.sandbox.faults.add(
            recipient=lena.push_token, answer=answer, times=times, retry_after=retry_after
        )

    return trouble


async def only_time_passes(lena: Shopper, run: Handle) -> None:
    try:
        await lena.shop.clocks.fast_forward(run)
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise  # a run that is over already needs no time


def buys_at(step: str) -> Play:
    """They buy while the run is at a step."""

    async def play(lena: Shopper, run: Handle) -> None:
        await lena.shop.waits(run, step)
        await lena.buys()

    return play


async def opts_out(lena: Shopper, _: Handle) -> None:
    await lena.does("Unsubscribed")


async def is_cancelled(lena: Shopper, run: Handle) -> None:
    await lena.shop.waits(run, "wait_1")
    await run.cancel()


def is_decided(decision: str, reason: str = "", **more: Any) -> Play:
    """Ada decides what the run asks, and then only time passes. `more` is what her decision says beside."""

    async def play(lena: Shopper, run: Handle) -> None:
        approval = await asks(run)
        answer = await lena.shop.decides(approval, decision, ADA, reason, **more)
        assert answer.status_code == 200, answer.text
        await only_time_passes(lena, run)

    return play


async def is_approved_by_those_asked_next(lena: Shopper, run: Handle) -> None:
    """Whoever is asked first is reminded, and lets their time pass; then Ada's group is asked."""
    await _turns(lena, run)
    await _turns(lena, run)
    await is_decided("approve")(lena, run)


async def _turns(lena: Shopper, run: Handle) -> None:
    """Let time pass until whoever is asked is reminded, or others are asked, and all know of it."""
    until = await lena.shop.skip_wait(run, "mail")

    async def turned() -> bool:
        return (await lena.shop.progress(run)).waiting_until != until

    await eventually(turned)


async def opens_and_gets_the_offer(lena: Shopper, run: Handle) -> None:
    shop = lena.shop
    await shop.skip_wait(run, "wait_1")
    await shop.waits(run, "wait_3")
    [mail] = [message for message in shop.received("email") if message.recipient == lena.email]
    await lena.does("Email Opened", delivery_id=mail.delivery_id)
    await shop.skip_wait(run, "wait_3")
    await shop.skip_wait(run, "wait_5")
    await is_decided("approve")(lena, run)


async def fills_the_cart_often(lena: Shopper, run: Handle) -> None:
    for number in range(20):
        await lena.does("Cart Updated", number=number)
    await only_time_passes(lena, run)


async def fills_the_cart_once(lena: Shopper, run: Handle) -> None:
    await lena.shop.waits(run, "cart")
    await lena.does("Cart Updated", number=1)
    await only_time_passes(lena, run)


async def uses_the_feature_on_the_second_day(lena: Shopper, run: Handle) -> None:
    await lena.shop.skip_wait(run, "agent_option_1_then_wait_2")
    await lena.shop.waits(run, "agent")
    await lena.does("Feature Used")


async def is_moved_to_a_shorter_version(lena: Shopper, run: Handle) -> None:
    await lena.shop.waits(run, "wait_1")
    name = (await lena.runs())[0].journey
    journey = lena.shop.services.journeys[name]
    shorter = journey.model_copy(update={"steps": journey.steps[:1]})
    moved = cast(Any, run)  # the SDK's overloads of execute_update are partly untyped
    await moved.execute_update(CustomerJourney.migrate, Move(journey=shorter))
    await only_time_passes(lena, run)
