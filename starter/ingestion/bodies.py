"""Reads the body of a request: as large as allowed and no larger, and unpacked when it is gzip.

Clients label their bodies wrongly (RudderStack's sends gzip JSON as a form), so the bytes decide.
"""

import zlib

from starlette.requests import Request

_GZIP = b"\x1f\x8b"


class UnreadableBody(Exception):
    """The body is too large or is broken. The sender must not send it again."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body, unpacked. Raises UnreadableBody when it is longer than `limit` bytes, packed or unpacked."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return _unpacked(bytes(body), limit) if body.startswith(_GZIP) else bytes(body)


def _unpacked(packed: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        # Never more than one byte over the limit is unpacked, however well a bomb is packed.
        body = unpacker.decompress(packed, limit + 1)
    except zlib.error as error:
        raise UnreadableBody(f"the body is not valid gzip: {error}") from error
    if len(body) > limit:
        raise _too_large(limit)
    if not unpacker.eof or unpacker.unused_data:
        raise UnreadableBody("the body is not one whole gzip stream")
    return body


def _too_large(limit: int) -> UnreadableBody:
    return UnreadableBody(f"a request may have at most {limit // 1024} KB, unpacked")
