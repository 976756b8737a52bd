"""Schema of an action's inputs."""

from typing import Final

from jackfield.engine.inputs.formats import FORMATS
from jackfield.engine.schema.kinds import Anything, Boolean, Choice, Kind, Number, Text
from jackfield.engine.schema.structures import Either, Entry, Later, ListOf, Record, Variant

TYPES: Final = ("string", "number", "integer", "boolean", "datetime_string", "object", "enum")
REFERENCES: Final = ("employment_status", "employment_type", "gender", "marital_status")

RULES: Final = Record(
    "InputRules",
    {
        "minLength": Entry(Number(minimum=0, integer=True), "The shortest text."),
        "maxLength": Entry(Number(minimum=0, integer=True), "The longest text."),
        "pattern": Entry(Text(), "A regular expression the text must match."),
        "format": Entry(Choice(tuple(FORMATS)), "A well-known form of text."),
        "min": Entry(Number(), "The smallest number."),
        "max": Entry(Number(), "The largest number."),
        "minItems": Entry(Number(minimum=0, integer=True), "The shortest list.", ours=True),
        "maxItems": Entry(Number(minimum=0, integer=True), "The longest list.", ours=True),
        "maxProperties": Entry(
            Number(minimum=0, integer=True), "The most entries of an object.", ours=True
        ),
        "atLeastOneOf": Entry(
            ListOf(Text(), at_least=1), "Properties of which an object must have one.", ours=True
        ),
        "errorMessage": Entry(Text(), "What to say when a rule is broken."),
    },
    doc="Limits of a value; of a list, those of its elements, beside `minItems` and `maxItems`.",
)
ONE_OF: Final = Record(
    "OneOf",
    {
        "values": Entry(ListOf(Anything(), at_least=1), "The values."),
        "ref": Entry(Choice(REFERENCES), "The name of a well-known list of values."),
    },
    doc="A closed set of values; give one of both.",
)


def _property() -> Kind:
    return PROPERTY


_SHAPE: Final = {
    "type": Entry(
        Choice(TYPES), "The value's type; of a list, its elements' type. `integer` is ours."
    ),
    "description": Entry(Text(), "What it means, for people and for models."),
    "array": Entry(Boolean(), "It is a list.", default=False),
    "nullable": Entry(
        Boolean(),
        "`null` is a value of its own and is sent; elsewhere it is as if nothing was given. Only in "
        "the body.",
        default=False,
        ours=True,
    ),
    "properties": Entry(ListOf(Later(_property)), "The fields of an object."),
    "oneOf": Entry(ONE_OF, "The values it may have."),
    "rules": Entry(RULES, "Its limits."),
}
_NAMED: Final = {
    "name": Entry(Text(), "The name.", required=True),
    **_SHAPE,
    "required": Entry(Boolean(), "It must be given.", default=False),
    "variants": Entry(
        ListOf(Record("InputVariant", _SHAPE, doc="Another shape an input may have.")),
        "Other shapes it may have.",
    ),
    "default": Entry(Anything(), "The value when none is given."),
}
PROPERTY: Final = Record("InputProperty", _NAMED, doc="A field of an object input.")
INPUT: Final = Record(
    "Input",
    {
        **_NAMED,
        "in": Entry(
            Choice(("query", "path", "body", "headers")), "Where a caller puts it in the request."
        ),
    },
    doc="One value an action takes.",
)

_FIELDS: Final = Entry(ListOf(Text(), at_least=1), "Names of inputs.", required=True)
_MESSAGE: Final = Entry(Text(), "What to say when the rule is broken.")
VALIDATION_RULE: Final = Variant(
    "rule",
    {
        name: Record(
            f"{name[0].upper()}{name[1:]}",
            {"rule": Entry(Choice((name,)), doc, required=True), **entries},
            doc=doc,
        )
        for name, doc, entries in (
            (
                "atLeastOneOf",
                "One of the inputs must be given.",
                {"fields": _FIELDS, "errorMessage": _MESSAGE},
            ),
            (
                "mutuallyExclusive",
                "No two of the inputs may be given.",
                {"fields": _FIELDS, "errorMessage": _MESSAGE},
            ),
            (
                "inOrder",
                "Ours. No date or time may be after the one that follows it: a start, its end.",
                {"fields": _FIELDS, "errorMessage": _MESSAGE},
            ),
            (
                "requiredIf",
                "An input must be given when another is as described.",
                {
                    "field": Entry(Text(), "The input.", required=True),
                    "condition": Entry(
                        Record(
                            "RequiredIfCondition",
                            {
                                "field": Entry(Text(), "The other input.", required=True),
                                "equals": Entry(Anything(), "It has this value."),
                                "notEquals": Entry(Anything(), "It has another value."),
                                "present": Entry(Boolean(), "It is given, or is not."),
                            },
                        ),
                        "When it must be given.",
                        required=True,
                    ),
                    "errorMessage": _MESSAGE,
                },
            ),
        )
    },
)

SCOPES: Final = Either((Text(), ListOf(Text())))
