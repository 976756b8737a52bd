"""Faults of values that could not be decoded."""

from msgspec import ValidationError

from jackfield.kit.errors import Fault


def fault_of(error: ValidationError) -> Fault:
    """Return the path that a validation error names and what was expected; never the value."""
    message, _, path = str(error).partition(" - at `")
    return Fault(path.rstrip("`").removeprefix("$").removeprefix("."), message)


def as_sentence(fault: Fault, path: str) -> str:
    return f"{path}: {fault.message[:1].lower()}{fault.message[1:]}"
