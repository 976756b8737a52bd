"""A hub that may reach receivers on this machine, and such a receiver."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from jackfield.sandbox.iterable.server import Sandbox
from tests.support.clock import FrozenClock
from tests.support.receiver import Receiver
from tests.support.running import Running, running_hub
from tests.support.scripted import scripted


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver]:
    found = Receiver()
    async with scripted(found) as found.server:
        yield found


@pytest.fixture
async def hub(
    hub_database_url: str | None, data_dir: Path, clock: FrozenClock, sandbox: Sandbox
) -> AsyncGenerator[Running]:
    """Run a hub that may reach receivers on this machine."""
    async with running_hub(
        sandbox,
        data_dir=data_dir,
        clock=clock,
        database_url=hub_database_url,
        allow_private_networks=True,
    ) as running:
        yield running
