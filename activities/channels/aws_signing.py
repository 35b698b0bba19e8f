"""Signs requests to AWS (Signature Version 4), with keys that are given or those of the machine.

botocore is large and needed by SES alone, so it is loaded when it is used.
"""

import asyncio
from importlib.util import find_spec
from typing import Any, cast

from activities.channels.model import Refused, RetryLater

HAS_BOTOCORE = find_spec("botocore") is not None


class AwsSigner:
    """Signs for one service of one region. Without a key id it looks for credentials as every AWS tool does: in
    the environment, a profile, or the machine's role."""

    def __init__(self, service: str, region: str, key_id: str, key: str, *, prefix: str) -> None:
        self._service = service
        self._region = region
        self._given = (key_id, key) if key_id else None
        self._prefix = prefix
        """What error codes start with: the provider's name."""
        self._found: Any = None
        """The machine's credentials, which renew themselves."""

    async def sign(self, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        """The headers of a POST with those that sign it. Raises RetryLater or Refused; nothing has been sent."""
        # A role's credentials expire and are fetched anew, by a call that blocks.
        return await asyncio.to_thread(self._sign, url, headers, body)

    def _sign(self, url: str, headers: dict[str, str], body: bytes) -> dict[str, str]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        request: Any = AWSRequest(method="POST", url=url, data=body, headers=headers)
        signer: Any = SigV4Auth(self._credentials(), self._service, self._region)
        signer.add_auth(request)
        return dict(request.headers.items())

    def _credentials(self) -> Any:
        from botocore.credentials import Credentials
        from botocore.exceptions import BotoCoreError
        from botocore.session import Session

        if self._given:
            return Credentials(*self._given)
        try:
            if self._found is None:
                self._found = cast(Any, Session()).get_credentials()
            found: Any = self._found and self._found.get_frozen_credentials()
        except BotoCoreError as error:
            raise RetryLater(f"{self._prefix}.credentials", f"{type(error).__name__}: {error}") from error
        if not found:
            reason = "no AWS credentials: give access_key_id and secret_access_key, or this machine a role"
            raise Refused(f"{self._prefix}.credentials", reason, "stop_channel")
        return found
