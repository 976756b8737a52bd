"""`validationRules`: conditions between an action's inputs."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final, TypeAlias

from jackfield.engine.dates import read_date
from jackfield.engine.document_reader import take_objects
from jackfield.engine.errors import InvalidStep, missing_field
from jackfield.engine.expressions import js
from jackfield.engine.undefined import UNDEFINED
from jackfield.kit.errors import Fault
from jackfield.kit.json import Json, as_list, as_object, encode, is_list

_DAY_LENGTH: Final = len("2024-01-31")
_BLANK_BEFORE_ZONE: Final = re.compile(r" (?=[+\-Z])")

Rule: TypeAlias = Callable[[Mapping[str, Json]], Fault | None]


def compile_rules(document: Json) -> tuple[Rule, ...]:
    """
    Compile an action's rules.

    Raises:
        InvalidStep: a rule is unknown or malformed.
    """
    return tuple(_compile(entry) for entry in take_objects(document, "validationRules"))


def describe_rule(entry: Mapping[str, Json]) -> str:
    """Return a rule as a sentence for people and models who are to keep it; empty if unknown."""
    fields = ", ".join(f"`{name}`" for name in as_list(entry.get("fields")))
    match entry.get("rule"):
        case "atLeastOneOf":
            return f"Give at least one of {fields}."
        case "mutuallyExclusive":
            return f"Give only one of {fields}."
        case "inOrder":
            return f"None of {fields} may be after the one that follows it."
        case "requiredIf":
            condition = as_object(entry.get("condition"))
            if "equals" in condition:
                words = f"is {_written(condition['equals'])}"
            elif "notEquals" in condition:
                words = f"is not {_written(condition['notEquals'])}"
            else:
                words = "is given" if condition.get("present", True) is True else "is not given"
            return f"`{entry.get('field')}` is required if `{condition.get('field')}` {words}."
        case _:
            return ""


def _written(value: Json) -> str:
    return encode(value).decode()


def _compile(entry: Mapping[str, Json]) -> Rule:
    kind = str(entry.get("rule"))
    if kind not in _RULES:
        msg = f"The field 'validationRules.rule' has an invalid value: '{kind}'"
        raise InvalidStep(msg)
    return _RULES[kind](entry)


def _fields(entry: Mapping[str, Json]) -> list[str]:
    fields = entry.get("fields")
    if not is_list(fields) or not fields:
        raise missing_field(path="validationRules.fields")
    return [str(name) for name in fields]


def _at_least_one(entry: Mapping[str, Json]) -> Rule:
    fields = _fields(entry)
    words = str(entry.get("errorMessage") or f"give at least one of {', '.join(fields)}")

    def check(inputs: Mapping[str, Json]) -> Fault | None:
        return None if any(map(inputs.__contains__, fields)) else Fault(fields[0], words)

    return check


def _exclusive(entry: Mapping[str, Json]) -> Rule:
    fields = _fields(entry)
    words = str(entry.get("errorMessage") or f"give only one of {', '.join(fields)}")

    def check(inputs: Mapping[str, Json]) -> Fault | None:
        present = [name for name in fields if name in inputs]
        return Fault(present[1], words) if len(present) > 1 else None

    return check


def _in_order(entry: Mapping[str, Json]) -> Rule:
    fields = _fields(entry)
    own_words = entry.get("errorMessage")

    def check(inputs: Mapping[str, Json]) -> Fault | None:
        for first, second in pairwise(name for name in fields if name in inputs):
            if _is_after(inputs[first], inputs[second]):
                return Fault(second, str(own_words or f"must not be before {first}"))
        return None

    return check


def _is_after(first: Json, second: Json) -> bool:
    """Whether a time is after another; a day without a time is neither before nor after itself."""
    one, other = _moment(first), _moment(second)
    if one is None or other is None:
        return False
    if len(first) == _DAY_LENGTH or len(second) == _DAY_LENGTH:
        return one.date() > other.date()
    return one > other


def _moment(value: Json) -> datetime | None:
    """Read a date or time; what is none is for other rules to refuse."""
    if not isinstance(value, str):
        return None
    try:
        moment = read_date(_BLANK_BEFORE_ZONE.sub("", value))
        return moment and moment.astimezone(UTC)
    except OverflowError:
        # On the first or the last day that there is.
        return None


def _required_if(entry: Mapping[str, Json]) -> Rule:
    field = str(entry.get("field"))
    condition: Mapping[str, Json] = entry.get("condition") or {}
    other = str(condition.get("field"))
    words = str(entry.get("errorMessage") or f"is required because of {other}")

    def applies(inputs: Mapping[str, Json]) -> bool:
        value = inputs.get(other, UNDEFINED)
        if "equals" in condition:
            return js.strictly_equal(value, condition["equals"])
        if "notEquals" in condition:
            return not js.strictly_equal(value, condition["notEquals"])
        return (value is not UNDEFINED) is (condition.get("present", True) is True)

    def check(inputs: Mapping[str, Json]) -> Fault | None:
        return Fault(field, words) if field not in inputs and applies(inputs) else None

    return check


_RULES: Final[Mapping[str, Callable[[Mapping[str, Json]], Rule]]] = {
    "atLeastOneOf": _at_least_one,
    "mutuallyExclusive": _exclusive,
    "inOrder": _in_order,
    "requiredIf": _required_if,
}
