"""Errors in an action's inputs."""

from jackfield.kit.errors import InvalidRequest


class InvalidInputs(InvalidRequest):
    """The inputs do not match what the action takes."""

    code = "invalid_inputs"
