"""Cost limit of one evaluation."""

from typing import Final

from jackfield.engine.expressions.errors import EvaluationFault

# In visited elements: about half a second of work.
_ALLOWANCE: Final = 500_000
# Copying a character costs this fraction of visiting an element.
_CHARACTERS_AN_ELEMENT: Final = 64


class Meter:
    """Counts the work of one evaluation, and ends it at the limit."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = _ALLOWANCE

    def reset(self) -> None:
        self.left = _ALLOWANCE

    def spend(self, cost: int) -> None:
        """
        Count `cost`, in visited elements.

        Raises:
            EvaluationFault: the evaluation costs too much.
        """
        self.left -= cost
        if self.left < 0:
            reason = "the expression costs too much"
            raise EvaluationFault(reason)

    def copy(self, characters: int) -> None:
        """
        Count a new text of so many `characters`.

        Raises:
            EvaluationFault: the evaluation costs too much.
        """
        self.spend(characters // _CHARACTERS_AN_ELEMENT)
