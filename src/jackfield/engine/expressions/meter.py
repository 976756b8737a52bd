"""Cost limits of expressions: of one evaluation, of a run, and of what the event loop waits for.

All are counted in visited elements, of which about a million take a second.
"""

import sys
import threading
from contextvars import ContextVar
from typing import Final

from msgspec import Struct

from jackfield.engine.expressions.errors import EvaluationFault, ExpressionsTooCostly

_EVALUATION: Final = 500_000
_RUN: Final = 10_000_000
# What may be done before the loop stands still: what sets it ends with `TooMuchForLoop` then.
MOST_ON_LOOP: Final = 20_000
UNBOUNDED: Final = sys.maxsize
# Copying a character costs this fraction of visiting an element.
_CHARACTERS_AN_ELEMENT: Final = 64


class TooMuchForLoop(Exception):
    """The work is to be done again, in a thread of its own."""


class _RunBudget(Struct):
    left: int


_BUDGET: Final[ContextVar[_RunBudget | None]] = ContextVar("expression_budget", default=None)


class _Work(threading.local):
    """What is under way in this thread: no evaluation is left before it ends."""

    evaluation: int = 0
    loop: int = UNBOUNDED
    budget: _RunBudget | None = None


WORK: Final = _Work()


class run_budget:  # noqa: N801 - read as a verb
    """Counts all expressions inside the `with` block as those of one run."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token = _BUDGET.set(_RunBudget(_RUN))

    def __exit__(self, *_: object) -> None:
        _BUDGET.reset(self._token)


def visit(cost: int) -> None:
    """
    Count work beside expressions, which has bounds of its own, for the event loop alone.

    Raises:
        TooMuchForLoop: the event loop has waited long enough.
    """
    WORK.loop -= cost
    if WORK.loop < 0:
        raise TooMuchForLoop


class Meter:
    """Counts the work of an evaluation, and ends it at the limits."""

    __slots__ = ()

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin an evaluation."""
        WORK.evaluation = _EVALUATION
        WORK.budget = _BUDGET.get()

    def spend(self, cost: int) -> None:
        """
        Count `cost`, in visited elements.

        Raises:
            EvaluationFault: the evaluation costs too much.
            ExpressionsTooCostly: all those of the run together do.
            TooMuchForLoop: the event loop has waited long enough.
        """
        work = WORK
        work.evaluation -= cost
        if work.evaluation < 0:
            reason = "the expression costs too much"
            raise EvaluationFault(reason)
        work.loop -= cost
        if work.loop < 0:
            raise TooMuchForLoop
        budget = work.budget
        if budget is not None:
            budget.left -= cost
            if budget.left < 0:
                raise ExpressionsTooCostly

    def copy(self, characters: int) -> None:
        """
        Count a new text of so many `characters`.

        Raises:
            EvaluationFault, ExpressionsTooCostly, TooMuchForLoop: as `spend`.
        """
        self.spend(characters // _CHARACTERS_AN_ELEMENT)
