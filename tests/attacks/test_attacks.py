"""What is tried to link an account that is not one's own, and does not work."""

import pytest

from tests.attacks import catalog
from tests.attacks.attack import Outcome, carry_out
from tests.attacks.target import Target

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_no_attack_on_linking_succeeds(target: Target) -> None:
    chosen = [each for each in catalog.ATTACKS.values() if not each.needs_browser]

    results = [await carry_out(each, target) for each in chosen]

    assert [
        (each.attack.name, each.detail) for each in results if each.outcome != Outcome.HELD
    ] == []
