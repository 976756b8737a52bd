"""The visible fields of a connect form for the values entered so far."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.field_validation import evaluate, spell
from jackfield.connectors.fields import Field
from jackfield.engine.schema.expressions import is_evaluated

_NAMED: Final = re.compile(r"\bcredentials\.(\w+)")


@dataclass(frozen=True, slots=True)
class FormField:
    """A field that is asked for, or that may come to be: then it is not `certain`.

    `value` is what it starts with.
    """

    field: Field
    is_certain: bool
    value: str


def visible_fields(method: AuthMethod, values: Mapping[str, str]) -> tuple[FormField, ...]:
    """Return the fields to show now."""
    return tuple(
        FormField(field, True, starting_value(field, values))
        for field in method.visible(values)
        if not field.computed
    )


def static_fields(method: AuthMethod) -> tuple[FormField, ...]:
    """Return the fields to show where nobody asks again once more is filled in.

    One whose condition looks at others is there and may be left out; what it was filled in with
    counts if the condition holds then.
    """
    settled = {field.key for field in method.visible({})}
    shown: list[FormField] = []
    for field in method.config_fields:
        depends = bool(_keys(field.condition or "", method))
        if not field.computed and (depends or field.key in settled):
            shown.append(FormField(field, not depends, starting_value(field, {})))
    return tuple(shown)


def controlling_fields(method: AuthMethod) -> frozenset[str]:
    """Return the keys of the fields that decide what else is asked for, and what it starts with."""
    texts = [
        text
        for field in method.config_fields
        if not field.computed
        for text in (field.condition, field.value)
        if text and is_evaluated(text)
    ]
    return frozenset(key for text in texts for key in _keys(text, method))


def starting_value(field: Field, values: Mapping[str, str]) -> str:
    if field.value is None or field.secret:
        return ""
    return spell(evaluate(field.value, values)) if is_evaluated(field.value) else field.value


def _keys(text: str, method: AuthMethod) -> frozenset[str]:
    """Return the keys of the fields that an expression looks at."""
    named = set(_NAMED.findall(text))
    return frozenset(field.key for field in method.config_fields if field.key in named)
