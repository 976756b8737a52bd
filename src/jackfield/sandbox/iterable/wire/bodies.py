"""Request bodies, read into structs, and what is said of those that are not what they should be."""

import re
from typing import Final, TypeVar

from msgspec import Struct

from jackfield.kit.json import DecodeError, Json, ValidationError, decode
from jackfield.sandbox.iterable.refusals import Refusal, refusal, text_refusal

T = TypeVar("T")

_MISSING: Final = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_PLACE: Final = re.compile(r" - at `\$(?P<place>[^`]*)`")
_EXPECTED: Final = re.compile(r"Expected `(?P<type>\w+)")
_KINDS: Final = {
    "int": "Number",
    "float": "Number",
    "str": "String",
    "bool": "Boolean",
    "object": "Object",
    "array": "Array",
}


class BadBody(Exception):
    """A body is not what its route takes; `faults` say what was expected where."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__()
        self.faults: Final = faults


class _Complaint(Struct):
    params: dict[str, str] | None


def read_body(body: bytes, type_: type[T]) -> T:
    """
    Read a JSON body as a `type_`; an empty one counts as `{}`.

    Raises:
        BadBody: it is not JSON, or not a `type_`.
    """
    try:
        return decode(body or b"{}", type_)
    except ValidationError as error:
        raise BadBody(_faults(str(error))) from error
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody({}) from error


def json_fault(path: str, fault: BadBody) -> Refusal:
    """Name what is wrong, in envelope A."""
    return refusal(400, "BadJsonBody", f"[{path}] Invalid JSON body", fault.faults or None)


def old_json_fault(path: str, refused: Refusal, *, said: str) -> Refusal:
    """Put a complaint of `json_fault` in its oldest form, which repeats what the client `said`."""
    faults = decode(refused.reply.body, _Complaint).params or {}
    params: dict[str, Json] = {
        place: [{"msg": [_old_words(each)], "args": []}] for place, each in faults.items()
    }
    return refusal(400, refused.code, f"[{path}] Invalid JSON body: {said}", params or None)


def _old_words(fault: str) -> str:
    kind, expects, _ = fault.partition(" value expected")
    return f"error.expected.js{kind.lower()}" if expects else "error.path.missing"


def text_fault(_path: str, fault: BadBody) -> Refusal:
    """Say what is wrong in plain text, as the metadata routes do."""
    faults = ", ".join(f"{place}: {expected}" for place, expected in fault.faults.items())
    return text_refusal(400, f"Json error: {faults or 'the body is not valid JSON'}")


def _faults(message: str) -> dict[str, str]:
    found = _PLACE.search(message)
    place = "obj" + (found["place"] if found else "")
    missing = _MISSING.search(message)
    if missing is not None:
        return {f"{place}.{missing['name']}": "Required field is missing"}
    expected = _EXPECTED.search(message)
    kind = _KINDS.get(expected["type"], "Valid") if expected else "Valid"
    return {place: f"{kind} value expected"}
