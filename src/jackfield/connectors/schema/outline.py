"""Schema of outlines: the shape of data, written as the data itself is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from jackfield.engine.schema.kinds import Definitions, Kind
from jackfield.engine.schema.report import At, Report, spell, suggestion, unwind
from jackfield.kit.json import Json, is_list, is_object

# The words of an outline, and what each is in JSON Schema.
OUTLINE_TYPES: Final[Mapping[str, Json]] = {
    "string": "string",
    "datetime": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "object": "object",
    "list": "array",
    "any": None,
}
# The member that stands for all members whose names are the provider's data.
EACH: Final = "*"
_DEFINITION: Final = "Outline"


@dataclass(frozen=True)
class Outline(Kind):
    """A word for a value, a list of one outline, or a mapping of members to outlines."""

    types: ClassVar = frozenset({"a text", "a list", "a mapping"})

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        if isinstance(value, str):
            if value not in OUTLINE_TYPES:
                meant = suggestion(value, OUTLINE_TYPES)
                hint = f" Did you mean '{meant}'?" if meant else ""
                report.error(
                    at,
                    f"The field '{spell(unwind(at))}' must be one of "
                    f"[{', '.join(OUTLINE_TYPES)}], a list or a mapping, not '{value}'.{hint}",
                )
        elif is_list(value):
            if len(value) != 1:
                report.error(
                    at, f"The list '{spell(unwind(at))}' must have one outline: of its rows."
                )
            for index, row in enumerate(value):
                self.check(row, (at, index), report)
        elif is_object(value):
            for name, member in value.items():
                self.check(member, (at, name), report)

    def describe(self) -> str:
        return "outline"

    def schema(self, definitions: Definitions) -> Json:
        reference = {"$ref": f"#/$defs/{_DEFINITION}"}
        definitions[_DEFINITION] = {
            "anyOf": [
                {"enum": list(OUTLINE_TYPES)},
                {"type": "array", "items": reference, "minItems": 1, "maxItems": 1},
                {"type": "object", "additionalProperties": reference},
            ]
        }
        return reference
