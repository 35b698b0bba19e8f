"""Messages to a Slack channel of our own people: a colleague hears of a customer."""

from datetime import timedelta
from typing import ClassVar

import httpx
from pydantic import BaseModel, Field

from activities.channels.answers import (
    STOPPED,
    WRONG_CONTENT,
    Meaning,
    Retry,
    asked_to_wait,
    failure,
)
from activities.channels.fields import read_fields
from activities.channels.http import BaseUrl, HeaderSecret, HttpProvider, bearer, read_answer
from activities.channels.model import AddressKind, OutcomeUnknown, OutgoingMessage, Refused, SendError
from content.rendering import Rendered
from content.shapes import Fields

_LONGEST = 4000

# https://docs.slack.dev/reference/methods/chat.postMessage#errors. Slack answers 200 to all but a rate limit.
_ERRORS: dict[str, Meaning] = {
    **dict.fromkeys(("channel_not_found", "not_in_channel", "is_archived", "restricted_action"), STOPPED),
    **dict.fromkeys(("not_authed", "invalid_auth", "account_inactive", "token_revoked"), STOPPED),
    **dict.fromkeys(("token_expired", "missing_scope", "no_permission", "not_allowed_token_type"), STOPPED),
    **dict.fromkeys(("access_denied", "ekm_access_denied", "org_login_required"), STOPPED),
    **dict.fromkeys(("team_access_not_granted", "messages_tab_disabled"), STOPPED),
    **dict.fromkeys(("msg_too_long", "no_text", "invalid_arguments", "invalid_metadata_format"), WRONG_CONTENT),
    **dict.fromkeys(("ratelimited", "rate_limited"), Retry(timedelta(seconds=30), everyone=True)),
    "message_limit_exceeded": Retry(timedelta(hours=1), everyone=True),
    **dict.fromkeys(
        ("service_unavailable", "request_timeout", "team_added_to_org"), Retry(timedelta(minutes=1), everyone=True)
    ),
}
_MAYBE_DONE = ("internal_error", "fatal_error")
"""Slack says of these that some of it may have succeeded."""


class SlackFields(Fields):
    """A message in Slack's mrkdwn: `*bold*`, `<https://shop.example|a link>`."""

    text: str = Field(pattern=r"\S")


class Slack(HttpProvider):
    """Settings: the bot's token, and the channel it posts to, of which it is a member."""

    channel: ClassVar[str] = "slack"
    provider: ClassVar[str] = "slack"
    address_kind: ClassVar[AddressKind] = "customer"

    token: HeaderSecret
    post_to: str = Field(pattern=r"^[CGDU][A-Z0-9]{6,}$")
    """The id of a channel, or of a person; Slack shows it in the details of either."""
    url: BaseUrl = "https://slack.com/api"

    def prepare(self, rendered: Rendered, recipient: str, delivery_id: str) -> OutgoingMessage:
        """Make a message in Slack's mrkdwn. Raises Refused for what Slack would never take."""
        text = read_fields(SlackFields, rendered).text
        if len(text) > _LONGEST:
            reason = f"the text has {len(text)} characters; Slack shows {_LONGEST}"
            raise Refused("slack.too_long", reason, "fix_content")
        body = {
            "channel": self.post_to,
            "text": text,
            "unfurl_links": False,
            "unfurl_media": False,
            "metadata": {"event_type": "sojourn_delivery", "event_payload": {"delivery_id": delivery_id}},
        }
        return OutgoingMessage(channel=self.channel, provider=self.provider, recipient=recipient, body=body)

    async def send(self, message: OutgoingMessage, delivery_id: str) -> str:
        """Post, and give the message's place: the channel and its time stamp there."""
        signed_in = bearer(self.token.get_secret_value())
        answer = await self.post(f"{self.url}/chat.postMessage", signed_in, json=message.body)
        told = read_answer(_Answer, answer)
        if told is None or not told.ok:
            raise self._error(answer, told)
        if not told.channel or not told.ts:
            raise OutcomeUnknown("slack.no_ts", "Slack said yes but did not say where the message is")
        return f"{told.channel}/{told.ts}"

    def _error(self, answer: httpx.Response, told: "_Answer | None") -> SendError:
        code = told.error if told and told.error else f"http_{answer.status_code}"
        if code in _MAYBE_DONE:
            return OutcomeUnknown(f"slack.{code}", "Slack says that it may have been posted")
        meaning = _ERRORS.get(code)
        if meaning is not None:
            wait = asked_to_wait(answer.headers.get("Retry-After"))
            return failure(meaning, f"slack.{code}", code, "", wait)
        if told and told.error:
            return Refused(f"slack.{code}", "Slack refused it", "fix_configuration")
        return self.unexplained(answer, code, "")


class _Answer(BaseModel):
    ok: bool
    error: str = ""
    channel: str = ""
    ts: str = ""
