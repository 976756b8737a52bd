"""What is tried in real browsers to link an account that is not one's own, and does not work."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from jackfield.sandbox.iterable.server import Sandbox
from tests.attacks.attack import Outcome, carry_out
from tests.attacks.catalog import ATTACKS
from tests.attacks.planting import find_planted
from tests.attacks.target import Target, open_target
from tests.support.running import serving_hub

pytestmark = [pytest.mark.anyio, pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
async def target(data_dir: Path, sandbox: Sandbox, chromium: Browser) -> AsyncGenerator[Target]:
    """Return a hub that listens, with a real browser before it."""
    async with serving_hub(sandbox, data_dir=data_dir, allow_private_networks=True) as hub:
        stranger = await hub.key(project="stranger")
        async with open_target(hub.hub.public_url, hub.api_key, stranger) as opened:
            opened.chromium = chromium
            yield opened


async def test_no_attack_in_a_browser_succeeds_and_each_finds_its_planted_fault(
    target: Target,
) -> None:
    chosen = [each for each in ATTACKS.values() if each.needs_browser]

    results = [await carry_out(each, target) for each in chosen]
    found = await find_planted(target, needs_browser=True)

    assert [
        (each.attack.name, each.detail) for each in results if each.outcome != Outcome.HELD
    ] == []
    assert [each for each in found if each.outcome is not Outcome.SUCCEEDED] == []
    assert {each.attack for each in found} == {each.name for each in chosen}
