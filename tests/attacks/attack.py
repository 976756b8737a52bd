"""Attacks by name, and how one of them ended."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from tests.attacks.target import Target, TargetUnfit

Steps: TypeAlias = Callable[[Target], Awaitable[None]]


class Breach(Exception):
    """An attack succeeded; its text says what the attacker got."""


class Outcome(StrEnum):
    HELD = "held"
    SUCCEEDED = "succeeded"
    # The attack could not be carried out, so nothing is known.
    BROKEN = "broken"
    # It needs a browser, and there is none.
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack: `goal` is what the attacker wants."""

    name: str
    goal: str
    steps: Steps
    needs_browser: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    attack: Attack
    outcome: Outcome
    detail: str = ""


REGISTERED: Final[dict[str, Attack]] = {}


def attack(goal: str, *, needs_browser: bool = False) -> Callable[[Steps], Steps]:
    """Register the steps of an attack under the name of their function."""

    def registered(steps: Steps) -> Steps:
        name = steps.__name__
        assert name not in REGISTERED, name
        REGISTERED[name] = Attack(name, goal, steps, needs_browser)
        return steps

    return registered


def hold(condition: object, breach: str) -> None:
    """
    Raise unless a condition holds that an attack must not change.

    Raises:
        Breach: it does not.
    """
    if not condition:
        raise Breach(breach)


async def carry_out(chosen: Attack, target: Target) -> Result:
    """Carry out an attack, and say how it ended."""
    if chosen.needs_browser and target.chromium is None:
        return Result(chosen, Outcome.LEFT_OUT)
    try:
        await chosen.steps(target)
    except Breach as breach:
        return Result(chosen, Outcome.SUCCEEDED, str(breach))
    except TargetUnfit as unfit:
        return Result(chosen, Outcome.BROKEN, str(unfit))
    return Result(chosen, Outcome.HELD)
