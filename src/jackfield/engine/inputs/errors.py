"""Errors in an action's inputs."""

import re
from typing import Final

from jackfield.kit.errors import InvalidRequest
from jackfield.kit.json import Json

_INPUT: Final = re.compile(r"""\binputs(?:\.|\[(?P<quote>['"]))(?P<name>(?(quote)[^'"]+|\w+))""")


def input_in(source: Json) -> str | None:
    """Return the input that the text of an expression takes its value from, if it names one."""
    found = _INPUT.search(source) if isinstance(source, str) else None
    return found["name"] if found else None


def inputs_in(source: str) -> set[str]:
    """Return all inputs that the text of an expression or template names."""
    return {found["name"] for found in _INPUT.finditer(source)}


class InvalidInputs(InvalidRequest):
    """The inputs do not match what the action takes."""

    code = "invalid_inputs"
