from collections.abc import AsyncGenerator

import pytest

from tests.attacks.target import Target, open_target
from tests.support.receiver import deliver
from tests.support.running import PUBLIC_URL, HubWith


@pytest.fixture
async def target(hub_with: HubWith) -> AsyncGenerator[Target]:
    """Return a hub of this version, ready to be attacked."""
    async with hub_with() as hub:
        stranger = await hub.key(project="stranger")
        async with open_target(
            PUBLIC_URL,
            hub.api_key,
            stranger,
            transport=hub.api._transport,  # noqa: SLF001 - the same hub, without its key
            tell=lambda: deliver(hub),
        ) as opened:
            yield opened
