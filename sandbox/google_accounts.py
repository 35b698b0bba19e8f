"""Google's OAuth 2.0 token endpoint for service accounts, and a service account to use it with."""

import json
import secrets
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.rsa_keys import rsa_key

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_LIFE_SECONDS = 3600
_KEY_FILE = "fcm-service-account.json"
_PROJECT = "sandbox-project"
_EMAIL = f"sandbox@{_PROJECT}.iam.gserviceaccount.com"


class GoogleAccounts:
    """One service account with its key, and the access tokens that are good at the moment."""

    def __init__(self, token_uri: str) -> None:
        self._token_uri = token_uri
        self._key = rsa_key("google")
        self._key_id = secrets.token_hex(20)
        self._good_until: dict[str, float] = {}
        self.life_seconds = _LIFE_SECONDS
        """For how long a new access token is good."""
        self.granted = 0
        """How many access tokens were given out."""

    project_id = _PROJECT

    def write_key(self, folder: Path) -> Path:
        """Write the service account's key in the form in which Google gives it to a customer; gives the file."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {
            "type": "service_account",
            "project_id": _PROJECT,
            "private_key_id": self._key_id,
            "private_key": pem.decode(),
            "client_email": _EMAIL,
            "client_id": "100000000000000000000",
            "token_uri": self._token_uri,
        }
        file = folder.absolute() / _KEY_FILE
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(account, indent=2), encoding="utf-8")
        return file

    def is_good(self, authorization: str) -> bool:
        """Whether an Authorization header has an access token that Google would take now."""
        scheme, _, token = authorization.partition(" ")
        return scheme == "Bearer" and time.monotonic() < self._good_until.get(token, 0)

    def revoke_all(self) -> None:
        """Take back every access token, as happens when a key is rotated."""
        self._good_until.clear()

    async def token(self, request: Request) -> Response:
        """POST /google/token"""
        form = {key: values[-1] for key, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != _GRANT:
            return _denied("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        try:
            claims = self._claims(form.get("assertion", ""))
        except jwt.PyJWTError as error:
            return _denied("invalid_grant", f"Invalid JWT: {error}")
        if claims["scope"] != _SCOPE:
            return _denied("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        if claims["exp"] - claims["iat"] > _LIFE_SECONDS:
            return _denied("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)")
        token = "ya29." + secrets.token_urlsafe(48)
        self.granted += 1
        self._good_until[token] = time.monotonic() + self.life_seconds
        return JSONResponse({"access_token": token, "expires_in": self.life_seconds, "token_type": "Bearer"})

    def _claims(self, assertion: str) -> dict[str, Any]:
        return jwt.decode(
            assertion,
            self._key.public_key(),
            algorithms=["RS256"],
            audience=self._token_uri,
            issuer=_EMAIL,
            options={"require": ["iss", "scope", "aud", "iat", "exp"]},
        )


def _denied(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)
