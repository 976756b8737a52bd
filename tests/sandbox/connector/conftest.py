"""One hub, and a sandbox for each connector that there is a folder of."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from jackfield.sandbox.connector.server import serve
from jackfield.sandbox.iterable.server import serve as serve_iterable
from tests.sandbox.connector.world import FOLDER, World
from tests.support.clock import FrozenClock
from tests.support.running import PUBLIC_URL, own_catalog, running_hub


@pytest.fixture(scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, connector_cache: Path
) -> AsyncGenerator[World]:
    folder = tmp_path_factory.mktemp("world")
    (folder / "cache").symlink_to(connector_cache)
    clock = FrozenClock()
    async with AsyncExitStack() as stack:
        sandboxes = {}
        for key in sorted(each.name for each in FOLDER.iterdir() if each.is_dir()):
            back = f"{PUBLIC_URL}/connect/oauth2/{key}/callback"
            running = await stack.enter_async_context(
                serve(own_catalog().get(key), clock=clock, redirect_uris=[back])
            )
            # No time passes here, so that a bucket once full would stay so.
            running.state.settings.rate_limits = False
            sandboxes[key] = running
        rewrite = {
            origin: each.url
            for each in sandboxes.values()
            for origin in each.state.provider.origins
        }
        iterable = await stack.enter_async_context(serve_iterable())
        hub = await stack.enter_async_context(
            running_hub(iterable, data_dir=folder, clock=clock, rewrite=rewrite)
        )
        yield World(hub, sandboxes, clock)
