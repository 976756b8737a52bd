"""Linked accounts of which each is a second older than the next."""

from typing import Any

from tests.support.running import Running


async def link(hub: Running, **wanted: Any) -> str:
    """Link an account, and let a second pass: ids of one moment have no order."""
    account = await hub.link(**wanted)
    hub.hub.clock.advance(seconds=1)
    return account
