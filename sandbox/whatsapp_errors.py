"""Meta's error codes for WhatsApp, and the shape of an answer with one."""

import secrets
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.accidents import wait_header

# Code: HTTP status, title. https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
_ERRORS: dict[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "API Too Many Calls"),
    10: (403, "Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired"),
    200: (403, "API Permission"),
    299: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    80007: (400, "Rate limit issues"),
    130429: (429, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131037: (400, "WhatsApp provided number needs display name approval"),
    131042: (400, "Business eligibility payment issue"),
    131044: (400, "Business eligibility payment issue"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "User has stopped marketing messages from this business"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    131057: (500, "Account in maintenance mode"),
    131062: (400, "Business-scoped user ids are not supported"),
    131063: (400, "Marketing templates are disabled on Cloud API"),
    131064: (400, "Messaging limit reached due to template misclassification"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132005: (400, "Translated text too long"),
    132007: (400, "Template format character policy violated"),
    132008: (400, "Parameter value is not valid"),
    132012: (400, "Parameter format does not match format in the created template"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132068: (400, "Flow is blocked"),
    132069: (400, "Flow is throttled"),
    135000: (400, "Generic user error"),
    137000: (400, "Identity key mismatch"),
}
_TRANSIENT = frozenset({1, 2, 130429, 131000, 131016, 131056, 131057})


def is_known(code: int) -> bool:
    return code in _ERRORS


def error_answer(
    code: int, details: str = "", subcode: int | None = None, retry_after: int | None = None
) -> Response:
    """The answer with which Meta refuses; a code of none of the manual's is answered with 400."""
    status, title = _ERRORS.get(code, (400, "Unknown error"))
    error: dict[str, Any] = {
        "message": f"(#{code}) {title}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details or title},
        "fbtrace_id": secrets.token_urlsafe(12),
        "is_transient": code in _TRANSIENT,
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return JSONResponse({"error": error}, status, wait_header(retry_after))
