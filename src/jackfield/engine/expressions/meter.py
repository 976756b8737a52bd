"""Cost limit of one evaluation."""

from typing import Final

from jackfield.engine.expressions.errors import EvaluationFault

# Elements looked at: about half a second's work.
_ALLOWANCE: Final = 500_000
# Copying is so much cheaper than looking.
_CHARACTERS_AN_ELEMENT: Final = 64


class Meter:
    """Counts the work of one evaluation, and ends it when that gets out of hand."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _ALLOWANCE

    def reset(self) -> None:
        self.left = _ALLOWANCE

    def spend(self, cost: int) -> None:
        """
        Count `cost`.

        Raises:
            EvaluationFault: the evaluation has used up what it may.
        """
        self.left -= cost
        if self.left < 0:
            reason = "the expression costs too much"
            raise EvaluationFault(reason)

    def copy(self, characters: int) -> None:
        """
        Count a text that is made.

        Raises:
            EvaluationFault: the evaluation has used up what it may.
        """
        self.spend(characters // _CHARACTERS_AN_ELEMENT)
