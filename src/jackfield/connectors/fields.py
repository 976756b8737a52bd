"""Form fields that a connector declares."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from jackfield.kit.json import Json, items, mapping, text


@dataclass(frozen=True, slots=True)
class Option:
    """A choice. `console` is the origin of the provider's own pages for it."""

    value: str
    label: str
    console: str | None = None


@dataclass(frozen=True, slots=True)
class Validation:
    """A field's validation: a pattern, or the name of a text format."""

    pattern: str | None
    format: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Advice:
    """A warning for values that do not match `pattern`; they are not refused."""

    pattern: str
    message: str


# What word processors and chats make of a key; keys of many lines have blanks.
_AS_COPIED: Final = Advice(
    r"^(-----BEGIN[\s\S]*|[^\s\u2013\u2014\u2018-\u201f\u2026]*)$",
    "This holds a blank, a curly quote or a dash, which keys rarely do. Copy it again from where "
    "it was first shown.",
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. `value` and `condition` may be expressions."""

    key: str
    label: str
    type: str
    required: bool
    secret: bool
    read_only: bool
    computed: bool
    identifies_account: bool
    placeholder: str | None
    description: str | None
    tooltip: str | None
    options: tuple[Option, ...]
    value: str | None
    condition: str | None
    validation: Validation | None
    advice: Advice | None


def read_field(entry: Mapping[str, Json]) -> Field:
    validation = mapping(entry, "validation")
    advice = mapping(entry, "advice")
    return Field(
        key=text(entry, "key"),
        label=text(entry, "label"),
        type=text(entry, "type"),
        required=entry.get("required") is True,
        secret=entry.get("secret") is True or entry.get("type") == "password",
        read_only=entry.get("readOnly") is True,
        computed=entry.get("computed") is True,
        identifies_account=entry.get("externalSystemAccountIdentifier") is True,
        placeholder=_optional(entry, "placeholder"),
        description=_optional(entry, "description"),
        tooltip=_optional(entry, "tooltip"),
        options=tuple(
            Option(spell_value(each.get("value")), text(each, "label"), _optional(each, "console"))
            for each in items(entry, "options")
        ),
        value=None if entry.get("value") is None else spell_value(entry["value"]),
        condition=_optional(entry, "condition"),
        validation=_validation(validation) if validation else None,
        advice=_advice(advice, entry),
    )


def spell_value(value: Json) -> str:
    """Return a value as the text that is submitted and stored."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _advice(advice: Mapping[str, Json], entry: Mapping[str, Json]) -> Advice | None:
    if advice:
        return Advice(text(advice, "pattern"), text(advice, "message"))
    is_key = entry.get("type") == "password" and not entry.get("validation")
    return _AS_COPIED if is_key else None


def _validation(entry: Mapping[str, Json]) -> Validation:
    return Validation(
        _optional(entry, "pattern"), _optional(entry, "format"), _optional(entry, "errorMessage")
    )


def _optional(entry: Mapping[str, Json], name: str) -> str | None:
    return text(entry, name) or None
