"""Inputs of a run, as the log kept them."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from jackfield.kit.json import Json, ValidationError, convert
from jackfield.logs.runs.models import RunBodies


class _Inputs(Struct):
    inputs: dict[str, dict[str, Any]]


def kept_inputs(bodies: RunBodies | None) -> Mapping[str, Mapping[str, Json]] | None:
    """Return inputs by location and name; those of a proxied request, and cut ones, are others."""
    if bodies is None:
        return None
    try:
        return convert({"inputs": bodies.inputs}, _Inputs).inputs
    except ValidationError:
        return None
