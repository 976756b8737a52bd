from collections.abc import AsyncGenerator

import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox, serve
from tests.support.clock import FrozenClock


@pytest.fixture
async def idp(clock: FrozenClock) -> AsyncGenerator[OAuthSandbox]:
    async with serve(clock=clock) as running:
        yield running
