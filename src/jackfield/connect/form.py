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
    """A field of the form. One that depends on others is not certain to be asked for.

    `value` is its initial value.
    """

    field: Field
    is_certain: bool
    value: str


def visible_fields(method: AuthMethod, values: Mapping[str, str]) -> tuple[FormField, ...]:
    """Return the fields to show for the values entered so far."""
    return tuple(
        FormField(field, True, starting_value(field, values))
        for field in method.visible(values)
        if not field.computed
    )


def static_fields(method: AuthMethod) -> tuple[FormField, ...]:
    """Return the fields of a form without JavaScript.

    A field whose condition depends on others is included as optional; its value is used if the
    condition holds when the form is submitted.
    """
    unconditional = {field.key for field in method.visible({})}
    shown: list[FormField] = []
    for field in method.config_fields:
        depends = bool(_keys(field.condition or "", method))
        if not field.computed and (depends or field.key in unconditional):
            shown.append(FormField(field, not depends, starting_value(field, {})))
    return tuple(shown)


def controlling_fields(method: AuthMethod) -> frozenset[str]:
    """Return the keys of the fields that others depend on for their condition or initial value."""
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
    """Return the keys of the fields that an expression refers to."""
    named = set(_NAMED.findall(text))
    return frozenset(field.key for field in method.config_fields if field.key in named)
