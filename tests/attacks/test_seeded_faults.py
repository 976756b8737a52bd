"""Faults that the attacks are to find, planted one at a time."""

import pytest

from tests.attacks.attack import Outcome
from tests.attacks.catalog import ATTACKS, FAULTS
from tests.attacks.planting import find_planted
from tests.attacks.target import Target

pytestmark = pytest.mark.anyio


@pytest.mark.slow
async def test_every_planted_fault_is_found_by_the_attacks_that_it_lets_through(
    target: Target,
) -> None:
    found = await find_planted(target, needs_browser=False)

    assert [each for each in found if each.outcome is not Outcome.SUCCEEDED] == []
    assert len({each.fault for each in found}) > len(FAULTS) - 2


def test_every_attack_finds_a_planted_fault() -> None:
    finding = {name for each in FAULTS.values() for name in each.attacks}

    assert set(ATTACKS) - finding == set()
