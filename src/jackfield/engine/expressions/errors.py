"""Errors of expressions, at compile time and at run time."""

from jackfield.kit.errors import HubError


class InvalidExpression(HubError):
    """The expression cannot be read."""

    code = "invalid_expression"

    def __init__(self, detail: str, /, *, reason: str, position: int = 0) -> None:
        """`reason` says what is wrong at `position`, counted from 0 in the whole text."""
        super().__init__(detail, reason=reason, position=position)
        self.reason = reason
        self.position = position


class SyntaxFault(Exception):
    """A place in a source text where something else was expected."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class EvaluationFault(Exception):
    """An evaluation came to nothing: its result is undefined."""
