from collections.abc import AsyncGenerator
from functools import partial

import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox, serve
from tests.oauth.rowan import RowanWith, rowan
from tests.support.clock import FrozenClock
from tests.support.running import HubWith


@pytest.fixture
async def idp(clock: FrozenClock) -> AsyncGenerator[OAuthSandbox]:
    async with serve(clock=clock) as running:
        yield running


@pytest.fixture
def rowan_with(hub_with: HubWith, idp: OAuthSandbox, clock: FrozenClock) -> RowanWith:
    """Return how to open a hub with an account at the sandbox, whose client has some behaviors."""
    return partial(rowan, hub_with, idp, clock)
