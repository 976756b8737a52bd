"""
Single faults to plant in this hub, each of which some attack must find.

A build with one of them is what a careless change would leave behind. None is in the product: they
replace functions of the process that they are planted in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import pytest

Plant: TypeAlias = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class SeededFault:
    """A fault, and the attacks that it lets through."""

    name: str
    says: str
    attacks: tuple[str, ...]
    plant: Plant


PLANTABLE: Final[dict[str, SeededFault]] = {}


def fault(*attacks: str) -> Callable[[Plant], Plant]:
    """Register a fault that some attacks find; its docstring says what is wrong."""

    def registered(plant: Plant) -> Plant:
        says = (plant.__doc__ or "").strip()
        PLANTABLE[plant.__name__] = SeededFault(plant.__name__, says, attacks, plant)
        return plant

    return registered
