"""The two-message path as one would write it by hand: the least that a journey on Temporal can cost."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
from temporalio import activity, workflow

from activities.channels.google_auth import AccessTokens, ServiceAccount, read_service_account

_ATTEMPT = timedelta(seconds=30)
_ANSWER_WITHIN = timedelta(days=1)
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


@dataclass(frozen=True)
class Given:
    """What a hand-written run is started with."""

    customer: str
    first_wait_seconds: int


@dataclass(frozen=True)
class Message:
    """What a hand-written send needs."""

    customer: str
    title: str


@activity.defn(name="send")
async def send_nothing(_message: Message) -> None:
    """The no-op."""


class HttpSender:
    """One POST to the vendor for each message, and nothing else: no ledger, no policy, no record."""

    def __init__(self, url: str, service_account: Path) -> None:
        self._client = httpx.AsyncClient(timeout=10)
        account = ServiceAccount.model_validate(read_service_account(service_account))
        self._url = f"{url}/v1/projects/{account.project_id}/messages:send"
        self._tokens = AccessTokens(account, _SCOPE, self._client, "fcm")

    @activity.defn(name="send")
    async def send(self, message: Message) -> None:
        """Send. Raises httpx.HTTPError."""
        shown = {"title": message.title, "body": "All on one page."}
        body = {"message": {"token": f"token-{message.customer}", "notification": shown}}
        headers = {"Authorization": f"Bearer {await self._tokens.get()}"}
        answer = await self._client.post(self._url, headers=headers, json=body)
        answer.raise_for_status()


@workflow.defn
class BareTwoMessages:
    """Wait, send, wait for a signal, send, end, with the same timers as the journey it is compared with."""

    def __init__(self) -> None:
        self._answered = False

    @workflow.run
    async def run(self, given: Given) -> None:
        """Do the five things."""
        await workflow.sleep(given.first_wait_seconds)
        await self._send(Message(given.customer, "Once more"))
        try:
            await workflow.wait_condition(lambda: self._answered, timeout=_ANSWER_WITHIN)
        except TimeoutError:
            return
        await self._send(Message(given.customer, "Your basket is waiting"))

    @workflow.signal
    def answer(self) -> None:
        """What the run waits for."""
        self._answered = True

    async def _send(self, message: Message) -> None:
        await workflow.execute_activity(send_nothing, message, start_to_close_timeout=_ATTEMPT)
