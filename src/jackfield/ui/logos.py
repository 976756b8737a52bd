"""Logos of projects and connectors, fetched from where they are and kept for a while."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.egress.client import OutboundRequest
from jackfield.kit.errors import HubError
from jackfield.runtime import Hub

KEPT_SECONDS: Final = 3600
_FAILURE_KEPT_SECONDS: Final = 60
_IMAGES: Final = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"}
)
_MOST_BYTES: Final = 256 * 1024
_SECONDS: Final = 10
_REDIRECTS: Final = 3
_MOST_LOGOS: Final = 200


@dataclass(frozen=True, slots=True)
class Logo:
    """An image; one without content could not be fetched."""

    content: bytes
    media_type: str
    good_until: float


class Logos:
    """A cache of fetched logos."""

    def __init__(self) -> None:
        self._logos: dict[str, Logo] = {}
        self._fetching: dict[str, asyncio.Task[Logo]] = {}

    async def get(self, hub: Hub, url: str) -> Logo:
        now = time.monotonic()
        cached = self._logos.get(url)
        if cached is not None and now < cached.good_until:
            return cached
        # One request for all who wait; it goes on for the others when one of them leaves.
        fetching = self._fetching.get(url)
        if fetching is None:
            fetching = self._fetching[url] = asyncio.create_task(self._renew(hub, url, now))
        return await asyncio.shield(fetching)

    async def _renew(self, hub: Hub, url: str, now: float) -> Logo:
        try:
            fetched = await _fetch(hub, url, now)
        finally:
            del self._fetching[url]
        if len(self._logos) >= _MOST_LOGOS:
            self._logos.clear()
        self._logos[url] = fetched
        return fetched


async def _fetch(hub: Hub, url: str, now: float) -> Logo:
    nothing = Logo(b"", "", now + _FAILURE_KEPT_SECONDS)
    try:
        response = await hub.egress.fetch(
            OutboundRequest(
                "GET",
                url,
                seconds=_SECONDS,
                max_bytes=_MOST_BYTES,
                follow=_REDIRECTS,
                is_to_provider=False,
            )
        )
    except HubError:
        return nothing
    media_type = next(iter(_media_types(response.headers)), "")
    if response.status != 200 or media_type not in _IMAGES:  # noqa: PLR2004
        return nothing
    return Logo(response.body, media_type, now + KEPT_SECONDS)


def _media_types(headers: Mapping[str, str]) -> Iterator[str]:
    for name, value in headers.items():
        if name.lower() == "content-type":
            yield value.partition(";")[0].strip().lower()
