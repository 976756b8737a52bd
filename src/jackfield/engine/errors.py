"""Errors in a step's document, raised at compile time."""

from collections.abc import Iterable
from difflib import get_close_matches

from jackfield.kit.errors import HubError


class CredentialMissing(HubError):
    """The account lacks a credential its connector needs."""

    code = "credential_missing"
    status = 412


class InvalidStep(HubError):
    """The connector has a step that cannot be run."""

    code = "invalid_step"


def missing_field(*, path: str) -> InvalidStep:
    msg = f"The required field '{path}' is missing"
    return InvalidStep(msg)


def invalid_value(*, path: str, value: object, allowed: Iterable[str]) -> InvalidStep:
    msg = (
        f"The field '{path}' has an invalid value: '{value}'. "
        f"Allowed values are: [{', '.join(allowed)}]."
    )
    return InvalidStep(msg)


def unknown_field(path: str, allowed: Iterable[str] = ()) -> InvalidStep:
    near = get_close_matches(path.rpartition(".")[2], list(allowed), n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    msg = (
        f"Unknown field '{path}'. This field doesn't exist in the schema and should be removed."
        f"{hint}"
    )
    return InvalidStep(msg)
