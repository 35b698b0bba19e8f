"""The WhatsApp Cloud API: `/{phone_number_id}/messages` as Meta answers it."""

import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.protocols import Validator
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox import accidents
from sandbox.faults import Answer, Fault, Faults
from sandbox.mailbox import Mailbox, Message
from sandbox.whatsapp_errors import error_answer, is_known

_SCHEMA = Path(__file__).parent / "schemas" / "whatsapp_message.json"
_MESSAGE: Validator = Draft202012Validator(json.loads(_SCHEMA.read_text(encoding="utf-8")))
_PLACE = re.compile(r"\{\{(\d+)\}\}")
_UNFIT = re.compile(r"[\r\n\t]| {5}")
_LONGEST_RENDERED = 1024
_MAGIC_PHONE = re.compile(r"15559(\d{6})")
_MAGIC_ACCIDENTS = {499: "drop", 408: "slow"}

Template = int | str
"""How many parameters an approved template has, or its text with `{{1}}`, `{{2}}`... where they go."""


@dataclass(frozen=True)
class WhatsApp:
    mailbox: Mailbox
    faults: Faults
    phone_number_id: str
    token: str
    templates: dict[str, Template]
    """The approved templates, by name; they exist in every language."""
    open_windows: set[str] = field(default_factory=set[str])
    """Who wrote in the last 24 hours, by the digits of their number or by their user id: only they may be sent
    free text."""

    async def send(self, request: Request) -> Response:
        """POST /{version}/{phone_number_id}/messages"""
        if not secrets.compare_digest(
            request.headers.get("Authorization", "").encode(), f"Bearer {self.token}".encode()
        ):
            return error_answer(190)
        if request.path_params["phone_number_id"] != self.phone_number_id:
            details = f"Object with ID '{request.path_params['phone_number_id']}' does not exist"
            return error_answer(100, details, subcode=33)
        try:
            body: Any = json.loads(await request.body())
            _MESSAGE.validate(body)
        except json.JSONDecodeError as error:
            return error_answer(100, str(error))
        except ValidationError as error:
            missing = cast(Any, error).validator in ("required", "anyOf")
            return error_answer(131008 if missing else 100, f"{error.json_path}: {error.message}")
        refusal = self._template_refusal(body["template"]) if "template" in body else self._text_refusal(body)
        return refusal or await self._answer(request, body)

    async def _answer(self, request: Request, body: dict[str, Any]) -> Response:
        recipient = _recipient(body)
        wamid = f"wamid.{secrets.token_urlsafe(36)}"

        def take() -> Message:
            title = str(body["template"]["name"]) if "template" in body else str(body["text"]["body"])
            delivery_id = str(body.get("biz_opaque_callback_data", ""))
            content = {"request": body, "shown": self._shown(body)}
            return self.mailbox.add("whatsapp", recipient, delivery_id, wamid, title, content, "whatsapp")

        fault = self.faults.take(recipient, _magic)
        if wrong := await accidents.instead_of_yes(fault, request, self.faults, take, _refused):
            return wrong
        take()
        return JSONResponse(
            {
                "messaging_product": "whatsapp",
                "contacts": [_contact(body)],
                "messages": [{"id": wamid, "message_status": "accepted"}],
            }
        )

    def _text_refusal(self, body: dict[str, Any]) -> Response | None:
        return None if _known_as(_recipient(body)) in self.open_windows else error_answer(131047)

    def _template_refusal(self, template: dict[str, Any]) -> Response | None:
        name, language = template["name"], template["language"]["code"]
        known = self.templates.get(name)
        if known is None:
            return error_answer(132001, f"template name ({name}) does not exist in {language}")
        given, wanted = _body_parameters(template), _count(known)
        if len(given) != wanted:
            details = f"body: number of localizable_params ({len(given)}) does not match the expected {wanted}"
            return error_answer(132000, details)
        if any(_UNFIT.search(text) or not text.strip() for text in given):
            details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces"
            return error_answer(132012, details)
        if len(_rendered(known, given)) > _LONGEST_RENDERED:
            return error_answer(132005, "The translated text is too long.")
        return None

    def _shown(self, body: dict[str, Any]) -> str:
        """What the recipient reads."""
        if "text" in body:
            return str(body["text"]["body"])
        return _rendered(self.templates[body["template"]["name"]], _body_parameters(body["template"]))


def _recipient(body: dict[str, Any]) -> str:
    """Whom it is for; of both the number counts."""
    return str(body.get("to") or body["recipient"])


def _known_as(recipient: str) -> str:
    return recipient if recipient[0].isalpha() else re.sub(r"\D", "", recipient)


def _contact(body: dict[str, Any]) -> dict[str, str]:
    recipient = _recipient(body)
    return {"input": recipient, "wa_id" if "to" in body else "user_id": _known_as(recipient)}


def _body_parameters(template: dict[str, Any]) -> list[str]:
    bodies = [c for c in template.get("components", ()) if c["type"] == "body"]
    return [str(p.get("text", "")) for component in bodies for p in component["parameters"]]


def _count(template: Template) -> int:
    return template if isinstance(template, int) else len(set(_PLACE.findall(template)))


def _rendered(template: Template, parameters: list[str]) -> str:
    if isinstance(template, int):
        return "\n".join(parameters)
    return _PLACE.sub(lambda place: parameters[int(place.group(1)) - 1], template)


def _refused(fault: Fault) -> Response:
    """A planned or magic fault, by Meta's code or the HTTP status that Meta would use for it."""
    by_status = {429: 130429, 500: 131000, 503: 131016, 401: 190, 400: 100}
    code = int(fault.answer)
    return error_answer(by_status.get(code, code), retry_after=fault.retry_after)


def _magic(phone: str) -> Answer | None:
    """+15559 and six digits of an error code gets that error: +15559131026, +15559000190."""
    found = _MAGIC_PHONE.fullmatch(re.sub(r"\D", "", phone))
    code = int(found.group(1)) if found else -1
    return _MAGIC_ACCIDENTS.get(code) or (code if is_known(code) else None)
