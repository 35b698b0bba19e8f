"""The tokens of services: kept as digests, found by them, revoked for good."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from store.audit import record
from store.tables import ApiToken


async def keep_token(session: AsyncSession, token: ApiToken) -> None:
    """Keep a new token, and tell the audit log who made it and what for."""
    session.add(token)
    facts = {"made": token.name, "scopes": token.scopes, "acts_for": token.acts_for, "groups": token.groups}
    expires = {"expires_at": token.expires_at.isoformat()}
    record(session, "change", f"token:{token.id}", token.created_by, facts | expires, at=token.created_at)
    await session.flush()


async def find_token(session: AsyncSession, digest: str) -> ApiToken | None:
    """The token with a digest, whether it still counts or not."""
    return (await session.exec(select(ApiToken).where(col(ApiToken.digest) == digest))).first()


async def list_tokens(session: AsyncSession) -> Sequence[ApiToken]:
    """Every token, those that were made last first."""
    query = select(ApiToken).order_by(col(ApiToken.created_at).desc(), col(ApiToken.id))
    return (await session.exec(query)).all()


async def note_use(session: AsyncSession, token_id: str, at: datetime) -> None:
    """A token was used."""
    await session.exec(update(ApiToken).where(col(ApiToken.id) == token_id).values(last_used_at=at))


async def revoke_token(session: AsyncSession, token_id: str, by: str, at: datetime) -> ApiToken | None:
    """End a token for good, and give it; None when there is none. One that has ended stays as it is."""
    token = await session.get(ApiToken, token_id, with_for_update=True)
    if token is not None and token.revoked_at is None:
        token.revoked_at = at
        session.add(token)
        record(session, "change", f"token:{token.id}", by, {"revoked": token.name}, at=at)
    return token
