"""Work is tried in a hub that may reach receivers on this machine."""

import pytest

from tests.support.running import Running


@pytest.fixture
def hub(open_hub: Running) -> Running:
    return open_hub
