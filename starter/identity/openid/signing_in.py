"""The way of a browser to the provider and back: authorization code with PKCE.

Sources: OpenID Connect Core 1.0 (3.1.2 and 3.1.3), RFC 7636 (PKCE, S256), RFC 9207 (who answered), RFC 6749
(2.3.1: how a client proves itself).
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote_plus, urlencode

import httpx
from joserfc import jws
from joserfc.errors import JoseError

from project.access import SignIn
from starter.identity.openid.claims import ProvedPerson, SignInRefused, TokenAnswer, prove
from starter.identity.openid.published import Endpoints, Publication, ask, read_object


@dataclass(frozen=True)
class Errand:
    """What a browser goes to the provider with, and must come back with. Used once."""

    state: str
    nonce: str
    verifier: str
    to: str
    """Where on this site they wanted to go."""


def new_errand(to: str) -> Errand:
    """An errand that nobody can guess."""
    return Errand(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48), to)


class OpenIdProvider:
    """The provider of one project."""

    def __init__(self, rules: SignIn, redirect_uri: str) -> None:
        self._rules = rules
        self._redirect_uri = redirect_uri
        self._publication = Publication(rules.issuer)

    async def address(self, errand: Errand, now: datetime) -> str:
        """Where to send a browser. Raises ProviderUnavailable."""
        endpoint = (await self._publication.read(now)).endpoints.authorization_endpoint
        asked = {
            "response_type": "code",
            "client_id": self._rules.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": " ".join(self._rules.scopes),
            "state": errand.state,
            "nonce": errand.nonce,
            "code_challenge": _challenge(errand.verifier),
            "code_challenge_method": "S256",
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def receive(self, answer: Mapping[str, str], errand: Errand, now: datetime) -> ProvedPerson:
        """Who a browser that comes back proves to be, by the query it comes with. The issuer gives a code once, so
        an answer that is played again is refused there. Raises SignInRefused, ProviderUnavailable."""
        if not hmac.compare_digest(answer.get("state", "").encode(), errand.state.encode()):
            raise SignInRefused("The answer belongs to another attempt to sign in.")
        endpoints = (await self._publication.read(now)).endpoints
        named = answer.get("iss")
        if named != self._rules.issuer and (named or endpoints.authorization_response_iss_parameter_supported):
            raise SignInRefused("The answer comes from another provider.")
        if "code" not in answer:
            raise SignInRefused(f"The provider did not sign you in: {answer.get('error', 'it gave no code')}.")
        tokens = await self._redeem(answer["code"], errand, endpoints)
        published = await self._publication.read(now, _key_id(tokens.id_token))
        return prove(tokens, published.keys, self._rules, errand.nonce, now)

    async def _redeem(self, code: str, errand: Errand, endpoints: Endpoints) -> TokenAnswer:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": errand.verifier,
        }
        answer = await self._post(form, endpoints)
        body = read_object(answer)
        if answer.status_code != 200:
            raise SignInRefused(f"The provider does not accept the code: {body.get('error', answer.status_code)}.")
        return TokenAnswer(str(body.get("id_token", "")), str(body.get("access_token", "")))

    async def _post(self, form: dict[str, str], endpoints: Endpoints) -> httpx.Response:
        """Ask the token endpoint, and prove who asks in the way it takes."""
        client, secret = self._rules.client_id, self._rules.client_secret
        if not secret:
            return await ask("POST", endpoints.token_endpoint, data={**form, "client_id": client})
        if "client_secret_basic" in endpoints.token_endpoint_auth_methods_supported:
            proof = httpx.BasicAuth(quote_plus(client), quote_plus(secret))
            return await ask("POST", endpoints.token_endpoint, data=form, auth=proof)
        proved = {**form, "client_id": client, "client_secret": secret}
        return await ask("POST", endpoints.token_endpoint, data=proved)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _key_id(token: str) -> str | None:
    """The key that a token names, before anything of it is believed. Raises SignInRefused for what is no token."""
    try:
        named = jws.extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError) as error:
        raise SignInRefused("The provider gave no id token; let it grant the scope 'openid'.") from error
    return str(named) if named else None
