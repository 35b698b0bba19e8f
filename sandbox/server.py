"""The sandbox as a whole: a mail server and the HTTP vendors on two ports of this machine, and one mailbox."""

import base64
import secrets
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.apns import Apns
from sandbox.aws_signatures import AwsKey
from sandbox.callbacks.model import Caller
from sandbox.callbacks.postmark import PostmarkCaller
from sandbox.callbacks.sendgrid import SendGridCaller
from sandbox.callbacks.ses import SesCaller
from sandbox.callbacks.twilio import TwilioCaller
from sandbox.callbacks.whatsapp import WhatsAppCaller
from sandbox.fault_requests import fault_routes
from sandbox.faults import Faults
from sandbox.fcm import Fcm
from sandbox.google_accounts import GoogleAccounts
from sandbox.http2_server import serving_http2
from sandbox.http_server import serving
from sandbox.mailbox import Mailbox
from sandbox.pages import Pages
from sandbox.payments import Payments
from sandbox.postmark import Postmark
from sandbox.reactions import Reactions
from sandbox.sendgrid import SendGrid
from sandbox.ses import Ses
from sandbox.slack import Slack
from sandbox.smtp import MailServer
from sandbox.twilio import Twilio
from sandbox.web_push import WebPushService
from sandbox.webhook_service import WebhookService
from sandbox.whatsapp import Template, WhatsApp

_USERNAME = "sandbox"
_PHONE_NUMBER_ID = "106540352242922"
_ACCOUNT_SID = "AC5ef8732a3c49700934481addd5ce1659"
_SMS_SENDER = "+15005550006"
_MAIL_DOMAIN = "mail.northwind.example"
_REGION = "eu-central-1"
_SLACK_CHANNEL = "C024BE91L"
_SLOW_SECONDS = 60.0


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox. What it accepted is in `mailbox`; what goes wrong on request is in `faults`."""

    http_url: str
    http2_url: str
    """Where Apple's service is, which speaks HTTP/2 alone."""
    smtp_port: int
    service_account: Path
    mailbox: Mailbox
    faults: Faults
    mail_server: MailServer
    google: GoogleAccounts
    whatsapp: WhatsApp
    twilio: Twilio
    web_push: WebPushService
    sendgrid: SendGrid
    postmark: Postmark
    ses: Ses
    apns: Apns
    apns_key: Path
    slack: Slack
    webhook_service: WebhookService
    payments: Payments
    callers: Mapping[str, Caller]
    """Those that call back, by vendor."""
    reactions: Reactions

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        *,
        state_dir: Path,
        smtp_port: int = 0,
        http_port: int = 0,
        whatsapp_templates: Mapping[str, Template] | None = None,
        paid: Mapping[str, float] | None = None,
        slow_seconds: float = _SLOW_SECONDS,
    ) -> AsyncGenerator["Sandbox"]:
        """Start it inside the running program; port 0 is any free one. It ends with the block.

        `whatsapp_templates` are the approved templates by name: the number of parameters of each, or its
        text. `paid` is what was paid for each order, of which no more is refunded. `slow_seconds` is how long a
        slow answer takes. Raises OSError when a port is taken.
        """
        mailbox, faults = Mailbox(), Faults(slow_seconds)
        mail_server = MailServer(mailbox, faults, _USERNAME, secrets.token_urlsafe(16))
        apns = Apns(mailbox, faults)
        app, apple = Starlette(), Starlette(routes=[Route("/3/device/{token}", apns.send, methods=["POST"])])
        async with (
            mail_server.listening(smtp_port) as smtp,
            serving(app, http_port) as http,
            serving_http2(apple, 0) as http2,
        ):
            ports = _Ports(smtp, http, http2)
            known = _Known(whatsapp_templates or {}, paid or {})
            sandbox = cls._made(mailbox, faults, ports, mail_server, apns, known, state_dir)
            app.router.routes.extend(sandbox._routes())
            try:
                yield sandbox
            finally:
                faults.close()
                await sandbox.reactions.close()

    @classmethod
    def _made(
        cls,
        mailbox: Mailbox,
        faults: Faults,
        ports: "_Ports",
        mail_server: MailServer,
        apns: Apns,
        known: "_Known",
        state_dir: Path,
    ) -> "Sandbox":
        """The vendors, each with credentials of its own. Key files are written into `state_dir`."""
        url = f"http://127.0.0.1:{ports.http}"
        token = "EAA" + secrets.token_urlsafe(48)
        whatsapp = WhatsApp(mailbox, faults, _PHONE_NUMBER_ID, token, dict(known.whatsapp_templates))
        google = GoogleAccounts(f"{url}/google/token")
        twilio = Twilio(mailbox, faults, _ACCOUNT_SID, secrets.token_hex(16), _SMS_SENDER)
        callers = _callers(url, whatsapp, twilio)
        return cls(
            http_url=url,
            http2_url=f"http://127.0.0.1:{ports.http2}",
            smtp_port=ports.smtp,
            service_account=google.write_key(state_dir),
            mailbox=mailbox,
            faults=faults,
            mail_server=mail_server,
            google=google,
            whatsapp=whatsapp,
            twilio=twilio,
            web_push=WebPushService(mailbox, faults, url),
            sendgrid=SendGrid(mailbox, faults, f"SG.{secrets.token_urlsafe(48)}", _MAIL_DOMAIN),
            postmark=Postmark(mailbox, faults, secrets.token_hex(18), _MAIL_DOMAIN),
            ses=Ses(mailbox, faults, _aws_key(), _REGION, _MAIL_DOMAIN),
            apns=apns,
            apns_key=apns.write_key(state_dir),
            slack=Slack(mailbox, faults, f"xoxb-{secrets.token_hex(20)}", _SLACK_CHANNEL),
            webhook_service=WebhookService(mailbox, faults, _webhook_secret()),
            payments=Payments(f"{url}/payments/refunds", secrets.token_hex(20), known.paid),
            callers=callers,
            reactions=Reactions(mailbox, callers),
        )

    def environment(self) -> dict[str, str]:
        """The variables that make a project send here instead of to the vendors, and believe their calls."""
        meta = self.callers["whatsapp"].settings()
        return {
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.smtp_port),
            "SMTP_USERNAME": self.mail_server.username,
            "SMTP_PASSWORD": self.mail_server.password,
            "SMTP_TLS": "none",
            "FCM_SERVICE_ACCOUNT": str(self.service_account),
            "FCM_URL": self.http_url,
            "WHATSAPP_URL": f"{self.http_url}/v23.0",
            "WHATSAPP_TOKEN": self.whatsapp.token,
            "WHATSAPP_PHONE_NUMBER_ID": self.whatsapp.phone_number_id,
            "WHATSAPP_APP_SECRET": meta["app_secret"],
            "WHATSAPP_VERIFY_TOKEN": meta["verify_token"],
            "TWILIO_URL": self.http_url,
            "TWILIO_ACCOUNT_SID": self.twilio.account_sid,
            "TWILIO_AUTH_TOKEN": self.twilio.auth_token,
            "TWILIO_SENDER": self.twilio.sender,
            "SENDGRID_URL": self.http_url,
            "SENDGRID_API_KEY": self.sendgrid.api_key,
            "POSTMARK_URL": self.http_url,
            "POSTMARK_SERVER_TOKEN": self.postmark.server_token,
            "SES_URL": self.http_url,
            "SES_REGION": self.ses.region,
            "SES_ACCESS_KEY_ID": self.ses.key.id,
            "SES_SECRET_ACCESS_KEY": self.ses.key.secret,
            "APNS_URL": self.http2_url,
            "APNS_KEY_FILE": str(self.apns_key),
            "APNS_KEY_ID": self.apns.key_id,
            "APNS_TEAM_ID": self.apns.team_id,
            "APNS_BUNDLE_ID": self.apns.bundle_id,
            "SLACK_URL": f"{self.http_url}/slack/api",
            "SLACK_TOKEN": self.slack.token,
            "SLACK_CHANNEL": self.slack.channel_id,
            "WEBHOOK_URL": f"{self.http_url}/webhook-service",
            "WEBHOOK_SECRET": self.webhook_service.secret,
            "PAYMENTS_URL": self.payments.url,
            "PAYMENTS_TOKEN": self.payments.token,
            "WEBPUSH_PRIVATE_KEY": self.web_push.private_key,
            "WEBPUSH_LOCAL_SERVICE": self.web_push.url,
        }

    def _routes(self) -> list[Route]:
        fcm = Fcm(self.mailbox, self.faults, self.google)
        return [
            Route("/google/token", self.google.token, methods=["POST"]),
            Route("/v1/projects/{project}/messages:send", fcm.send, methods=["POST"]),
            Route("/2010-04-01/Accounts/{account_sid}/Messages.json", self.twilio.send, methods=["POST"]),
            Route("/2010-04-01/Accounts/{account_sid}/Messages.json", self.twilio.list, methods=["GET"]),
            Route("/v3/messages", self.sendgrid.search, methods=["GET"]),
            Route("/messages/outbound", self.postmark.search, methods=["GET"]),
            Route("/v3/mail/send", self.sendgrid.send, methods=["POST"]),
            Route("/email", self.postmark.send, methods=["POST"]),
            Route("/v2/email/outbound-emails", self.ses.send, methods=["POST"]),
            Route("/slack/api/chat.postMessage", self.slack.send, methods=["POST"]),
            Route("/webhook-service", self.webhook_service.take, methods=["POST"]),
            Route("/payments/refunds", self.payments.refund, methods=["POST"]),
            Route("/web-push/{browser}", self.web_push.send, methods=["POST"]),
            Route("/{version:str}/{phone_number_id:str}/messages", self.whatsapp.send, methods=["POST"]),
            *_amazon_routes(self.callers),
            *fault_routes(self.faults),
            *self.reactions.routes(),
            *Pages(self.mailbox).routes(),
        ]


class _Known(NamedTuple):
    """What stands at the vendors of a project already."""

    whatsapp_templates: Mapping[str, Template]
    paid: Mapping[str, float]


class _Ports(NamedTuple):
    """Where it listens, on this machine."""

    smtp: int
    http: int
    http2: int


def _callers(url: str, whatsapp: WhatsApp, twilio: Twilio) -> dict[str, Caller]:
    callers = (
        SendGridCaller(),
        PostmarkCaller(),
        SesCaller(url),
        TwilioCaller(twilio.account_sid, twilio.auth_token, twilio.sender),
        WhatsAppCaller(whatsapp.phone_number_id),
    )
    return {caller.vendor: caller for caller in callers}


def _aws_key() -> AwsKey:
    return AwsKey(f"AKIA{secrets.token_hex(8).upper()}", secrets.token_urlsafe(30))


def _webhook_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _amazon_routes(callers: Mapping[str, Caller]) -> list[Route]:
    amazon = callers["ses"]
    assert isinstance(amazon, SesCaller)
    return [
        Route("/sns/SimpleNotificationService.pem", amazon.certificate),
        Route("/sns/confirm", amazon.confirm),
    ]
