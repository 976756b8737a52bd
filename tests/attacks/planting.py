"""Planted faults, and what the attacks make of them."""

from dataclasses import dataclass

import pytest

from tests.attacks.attack import Outcome, carry_out
from tests.attacks.catalog import ATTACKS, FAULTS
from tests.attacks.target import Target


@dataclass(frozen=True, slots=True)
class Planted:
    """How one attack ended while one fault was planted."""

    fault: str
    attack: str
    outcome: Outcome
    detail: str


async def find_planted(target: Target, *, needs_browser: bool) -> list[Planted]:
    """Plant one fault after the other, and carry out the attacks that it lets through."""
    found: list[Planted] = []
    for fault in FAULTS.values():
        chosen = [ATTACKS[name] for name in fault.attacks]
        with pytest.MonkeyPatch.context() as patch:
            fault.plant(patch)
            for each in chosen:
                if each.needs_browser is needs_browser:
                    ended = await carry_out(each, target)
                    found.append(Planted(fault.name, each.name, ended.outcome, ended.detail))
    return found
