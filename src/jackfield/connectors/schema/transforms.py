"""The parameters of step functions that reshape data, and of those that need no request."""

from typing import Final

from jackfield.connectors.schema.authorization import AUTHORIZATION
from jackfield.connectors.schema.expressions import Evaluated, Expression, Template
from jackfield.connectors.schema.kinds import Anything, Boolean, Choice, Kind, Number, Text
from jackfield.connectors.schema.structures import (
    Either,
    Entry,
    Later,
    ListOf,
    MapOf,
    Record,
    Unknown,
)

_TEXT: Final = Evaluated(Text())
_FLAG: Final = Evaluated(Boolean())

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
            Choice(("string", "number", "boolean", "datetime_string", "enum", "object", "json")),
            "What `typecast` makes of it.",
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

_DATA_SOURCE: Final = Entry(Expression(), "The record, or the list of records.", required=True)
MAP_FIELDS: Final = Record(
    "MapFieldsParameters",
    {
        "fields": Entry(ListOf(FIELD), "The fields; the action's `fieldConfigs` when left out."),
        "dataSource": _DATA_SOURCE,
        "externalSources": Entry(
            MapOf(Expression()), "Further values, under `external` in the fields' expressions."
        ),
    },
    doc="Builds records of a promised shape from the provider's.",
)
_TYPECAST_FIELD: Final = Record(
    "TypecastField",
    {**FIELD.entries, "expression": Entry(Anything(), "Ignored: the value is the record's own.")},
    doc="A field of a record and the type it shall have.",
    unknown=Unknown.KEPT,
)
TYPECAST: Final = Record(
    "TypecastParameters",
    {
        "fields": Entry(
            ListOf(_TYPECAST_FIELD), "The fields; the action's `fieldConfigs` when left out."
        ),
        "dataSource": _DATA_SOURCE,
    },
    doc="Converts the fields of records to their types.",
)
# Version 1 of both takes everything from the action.
FIRST_VERSION: Final = Record(
    "FirstVersionParameters",
    {
        "fields": Entry(ListOf(FIELD), "Ignored."),
        "dataSource": Entry(Expression(), "Ignored."),
        "externalSources": Entry(MapOf(Expression()), "Ignored."),
    },
    doc="Version 1 works on the action's `fieldConfigs` and result; write `version: '2'`.",
)
GROUP_DATA: Final = Record(
    "GroupDataParameters",
    {
        "stepsDataToGroup": Entry(ListOf(Text(), at_least=1), "Ids of steps.", required=True),
        "isSingleRecord": Entry(_FLAG, "The steps give one record each, not lists."),
    },
    doc="Joins the results of several steps by their index field.",
)
STATIC_VALUES: Final = Record(
    "StaticValuesParameters",
    {"values": Entry(Template(), "What the step gives back.", required=True)},
    doc="Gives back what it is told.",
)
SIGN_JWT: Final = Record(
    "SignJwtParameters",
    {
        "algorithm": Entry(Evaluated(Choice(("RS256",))), "How to sign.", required=True),
        "privateKey": Entry(_TEXT, "The private key, as PEM.", required=True),
        "claims": Entry(
            MapOf(Template()), "The claims; `iat` and `exp` among them.", required=True
        ),
    },
    doc="Makes a signed token.",
)
MCP_REQUEST: Final = Record(
    "McpRequestParameters",
    {
        "baseUrl": Entry(_TEXT, "Used instead of the connector's `baseUrl`."),
        "url": Entry(_TEXT, "Appended to the base URL."),
        "method": Entry(
            Evaluated(Choice(("tools/call", "tools/list"))), "What to ask.", default="tools/call"
        ),
        "toolName": Entry(_TEXT, "The tool to call."),
        "timeout": Entry(Evaluated(Number(minimum=0)), "How long to wait, in milliseconds."),
        "authorization": Entry(AUTHORIZATION, "Used instead of the auth method's."),
        "args": Entry(
            ListOf(
                Record(
                    "McpArg",
                    {
                        "name": Entry(_TEXT, "The argument's name.", required=True),
                        "value": Entry(Template(), "Its value.", required=True),
                        "condition": Entry(Expression(), "Send it only if this is `true`."),
                    },
                    unknown=Unknown.REFUSED,
                )
            ),
            "The tool's arguments.",
        ),
    },
    doc="Calls a tool of an MCP server.",
)
