"""Faults of values that could not be decoded."""

from msgspec import ValidationError

from jackfield.kit.errors import Fault


def fault_of(error: ValidationError) -> Fault:
    """Return the place a validation error names and what was expected there, never the value."""
    words, _, place = str(error).partition(" - at `")
    return Fault(place.rstrip("`").removeprefix("$").removeprefix("."), words)


def as_sentence(fault: Fault, path: str) -> str:
    return f"{path}: {fault.message[:1].lower()}{fault.message[1:]}"
