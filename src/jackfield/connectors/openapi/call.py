"""The inputs of one action, and the arguments that send them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from jackfield.connectors.openapi.names import snake_case, unique
from jackfield.kit.json import Json

# Characters that end a name where an expression quotes it.
_UNQUOTABLE: Final = re.compile(r"""['"\\{}\x00-\x1f]""")
# Names that need no quotes in expressions: others hold a sign, or are a word of their own.
_PLAIN: Final = re.compile(r"(?!(?:in|true|false|null)$)[A-Za-z_][A-Za-z0-9_]*")
_LONGEST_INPUT: Final = 64


class LeftOut(Exception):
    """The request cannot be made the way the document asks."""


@dataclass(slots=True)
class Call:
    """What becomes of one operation. `function` is what sends it, with its own `parameters`."""

    inputs: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    args: list[dict[str, Json]] = field(default_factory=list[dict[str, Json]])
    function: str = "request"
    parameters: dict[str, Json] = field(default_factory=dict[str, Json])

    def take(self, made: Mapping[str, Json], place: str) -> str:
        """Add an input, and return how expressions name it; a name that is taken tells its place."""
        name = str(made["name"])
        if _UNQUOTABLE.search(name):
            name = snake_case(name)
        if name in self.inputs:
            name = unique(f"{place}_{name}", self.inputs, longest=_LONGEST_INPUT)
        self.inputs[name] = {**made, "name": name, "in": place}
        return f"inputs.{name}" if _PLAIN.fullmatch(name) else f"inputs['{name}']"

    def send(self, place: str, name: str, value: Json, **more: Json) -> None:
        if name.startswith(("$.", "$[", "{{")) or "${" in name:
            # It only looks like an expression.
            name = "{{'" + name + "'}}"
        self.args.append({"name": name, "value": value, "in": place, **more})
