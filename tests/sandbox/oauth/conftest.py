from collections.abc import AsyncGenerator, Callable
from typing import Any

import aiohttp
import pytest

from jackfield.sandbox.oauth.server import OAuthSandbox, serve
from tests.sandbox.oauth.client import Caller
from tests.support.clock import FrozenClock


@pytest.fixture
async def sandbox(clock: FrozenClock) -> AsyncGenerator[OAuthSandbox]:
    async with serve(clock=clock) as running:
        yield running


@pytest.fixture
async def http() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
def client(sandbox: OAuthSandbox, http: aiohttp.ClientSession) -> Callable[..., Caller]:
    """Make a client with behaviors and settings."""

    def make(
        *behaviors: str, secret: str | None = None, jwks: Any = None, **settings: Any
    ) -> Caller:
        added = sandbox.add_client(behaviors=behaviors, secret=secret, jwks=jwks, **settings)
        return Caller(http, sandbox.url, added.id, added.secret)

    return make
