"""Reading what a service answers, no more of it than makes sense."""

from __future__ import annotations

import aiohttp


async def body_of(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The whole body, or its first `most` bytes and a bit."""
    body = await response.content.readany()
    if response.content.at_eof():
        return body
    parts, size = [body], len(body)
    while size < most and (part := await response.content.readany()):
        parts.append(part)
        size += len(part)
    return b"".join(parts)
