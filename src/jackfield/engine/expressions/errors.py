"""Errors of expressions, at compile time and at run time."""

from jackfield.kit.errors import HubError


class InvalidExpression(HubError):
    """The expression is not valid."""

    code = "invalid_expression"

    def __init__(self, detail: str, /, *, reason: str, position: int = 0) -> None:
        """`reason` is the fault at `position`, counted from 0 in the whole text."""
        super().__init__(detail, reason=reason, position=position)
        self.reason = reason
        self.position = position


class ExpressionsTooCostly(HubError):
    """The expressions of this run cost too much for its inputs and answers: ask for less at once."""

    code = "expressions_too_costly"
    status = 422


class SyntaxFault(Exception):
    """A syntax error at a position of a source text."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


class EvaluationFault(Exception):
    """An evaluation failed; its result is undefined."""
