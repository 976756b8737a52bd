"""The description of a mapped field, and what the steps that map fields have in common."""

from typing import Final

from jackfield.engine.schema.expressions import Expression, Template
from jackfield.engine.schema.kinds import Boolean, Choice, Kind, Text
from jackfield.engine.schema.structures import Either, Entry, Later, ListOf, MapOf, Record

FIELD_TYPES: Final = (
    "string", "number", "boolean", "datetime_string", "enum", "object", "json",
)  # fmt: skip
_MATCH: Final = Record(
    "EnumMatch",
    {
        "matchExpression": Entry(Expression(), "Chosen if this is exactly `true`.", required=True),
        "value": Entry(Text(), "The value it stands for.", required=True),
    },
)


def _field() -> Kind:
    return FIELD


FIELD: Final = Record(
    "FieldConfig",
    {
        "targetFieldKey": Entry(Text(), "The name in the result.", required=True),
        "type": Entry(
            Choice(FIELD_TYPES),
            "The type `typecast` converts to. `map_fields` takes `json` as it is.",
            required=True,
        ),
        "expression": Entry(Expression(), "Where the value comes from, in the record."),
        "values": Entry(Template(), "Values to build the field from, instead of an expression."),
        "array": Entry(Boolean(), "The field is a list.", default=False),
        "custom": Entry(Boolean(), "Put it under `unified_custom_fields`.", default=False),
        "hidden": Entry(Boolean(), "Without effect; kept for other engines.", default=False),
        "alias": Entry(Text(), "Another name for the field."),
        "description": Entry(Text(), "What the field means."),
        "enumMapper": Entry(
            Record(
                "EnumMapper",
                {
                    "matcher": Entry(
                        Either((Text(), ListOf(_MATCH))),
                        "A built-in table by name, or a list of cases.",
                        required=True,
                    )
                },
            ),
            "Turns the provider's value into one of ours.",
        ),
        "properties": Entry(ListOf(Later(_field)), "The fields of an object."),
        "requiredScopes": Entry(Either((Text(), ListOf(Text()))), "Scopes it needs."),
    },
    doc="One field of a mapped record.",
)
DATA_SOURCE: Final = Entry(Expression(), "The record, or the list of records.", required=True)
# Version 1 of `map_fields` and of `typecast` takes everything from the action.
FIRST_PARAMETERS: Final = Record(
    "FirstVersionParameters",
    {
        "fields": Entry(ListOf(FIELD), "Ignored."),
        "dataSource": Entry(Expression(), "Ignored."),
        "externalSources": Entry(MapOf(Expression()), "Ignored."),
    },
    doc="Version 1 works on the action's `fieldConfigs` and result; write `version: '2'`.",
)
