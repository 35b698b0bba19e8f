"""Each error that Slack documents, answered as Slack answers it, and what it means for the message."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from activities.channels import slack
from activities.channels.model import OutcomeUnknown, Provider, Refused, RetryLater
from sandbox.server import Sandbox
from tests.channels.messages import rendered

MakeProvider = Callable[..., Provider]

REFUSED = {
    **dict.fromkeys(
        (
            "channel_not_found", "not_in_channel", "is_archived", "restricted_action", "not_authed",
            "invalid_auth", "account_inactive", "token_revoked", "token_expired", "missing_scope", "no_permission",
            "not_allowed_token_type", "access_denied", "ekm_access_denied", "org_login_required",
            "team_access_not_granted", "messages_tab_disabled",
        ),
        "stop_channel",
    ),
    "something_new": "fix_configuration",
    **dict.fromkeys(("msg_too_long", "no_text", "invalid_arguments", "invalid_metadata_format"), "fix_content"),
}  # fmt: skip
RETRIED = {
    "ratelimited": timedelta(seconds=1),
    "rate_limited": timedelta(seconds=30),
    "message_limit_exceeded": timedelta(hours=1),
    **dict.fromkeys(("service_unavailable", "request_timeout", "team_added_to_org"), timedelta(minutes=1)),
}


@pytest.fixture
def provider(make_provider: MakeProvider) -> Provider:
    return make_provider("slack")


async def send(provider: Provider) -> str:
    return await provider.send(provider.prepare(rendered("slack"), "c_ada", "d_1"), "d_1")


def test_every_error_in_the_table_has_an_example_here() -> None:
    assert slack._ERRORS.keys() | {"something_new"} == REFUSED.keys() | RETRIED.keys()


@pytest.mark.parametrize(("error", "remedy"), REFUSED.items())
async def test_refused_for_good(error: str, remedy: str, provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=sandbox.slack.channel_id, answer=error)

    with pytest.raises(Refused) as refused:
        await send(provider)

    assert (refused.value.code, refused.value.remedy) == (f"slack.{error}", remedy)


@pytest.mark.parametrize(("error", "after"), RETRIED.items())
async def test_tried_again_later(error: str, after: timedelta, provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=sandbox.slack.channel_id, answer=error)

    with pytest.raises(RetryLater) as later:
        await send(provider)

    assert (later.value.code, later.value.after) == (f"slack.{error}", after)


async def test_the_wait_that_slack_asks_for_is_kept(provider: Provider, sandbox: Sandbox) -> None:
    sandbox.faults.add(recipient=sandbox.slack.channel_id, answer=429, retry_after=17)

    with pytest.raises(RetryLater) as later:
        await send(provider)

    assert later.value.after == timedelta(seconds=17)


@pytest.mark.parametrize("error", ["internal_error", "fatal_error"])
async def test_after_an_error_of_slacks_own_it_may_have_been_posted(
    error: str, provider: Provider, sandbox: Sandbox
) -> None:
    sandbox.faults.add(recipient=sandbox.slack.channel_id, answer=error)

    with pytest.raises(OutcomeUnknown, match=rf"^slack\.{error}"):
        await send(provider)


def test_a_text_that_slack_would_cut_is_refused_before_sending(provider: Provider) -> None:
    with pytest.raises(Refused, match=r"^slack\.too_long"):
        provider.prepare(rendered("slack", text="x" * 4001), "c_ada", "d_1")
