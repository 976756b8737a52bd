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


@dataclass(slots=True)
class Call:
    """
    What becomes of one operation.

    `function` is what sends it, with its own `parameters`. `names` are those of inputs, by their
    place and what the document calls them.
    """

    inputs: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    names: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    args: list[dict[str, Json]] = field(default_factory=list[dict[str, Json]])
    function: str = "request"
    parameters: dict[str, Json] = field(default_factory=dict[str, Json])

    def take(self, made: Mapping[str, Json], place: str) -> str:
        """Add an input, and return how expressions name it; a name that is taken tells its place."""
        name = told = str(made["name"])
        if _UNQUOTABLE.search(name):
            name = snake_case(name)
        if name in self.inputs:
            name = unique(f"{place}_{name}", self.inputs, longest=_LONGEST_INPUT)
        self.names[place, told] = name
        self.inputs[name] = {**made, "name": name, "in": place}
        return f"inputs.{name}" if _PLAIN.fullmatch(name) else f"inputs['{name}']"

    def drop(self, place: str, name: str) -> None:
        """Leave out a parameter that something else sends."""
        taken = self.names.pop((place, name), None)
        if taken is not None:
            del self.inputs[taken]
            self.args = [arg for arg in self.args if (arg["in"], arg["name"]) != (place, name)]

    def rename(self, place: str, name: str, input_name: str) -> None:
        """Give the input of a parameter another name."""
        taken = self.names.get((place, name))
        if taken is None or taken == input_name:
            return
        self.names[place, name] = input_name
        self.inputs = {
            input_name if key == taken else key: {**made, "name": input_name}
            if key == taken
            else made
            for key, made in self.inputs.items()
        }
        for arg in self.args:
            if (arg["in"], arg["name"]) == (place, name):
                arg["value"] = f"$.inputs.{input_name}"

    def send(self, place: str, name: str, value: Json, **more: Json) -> None:
        if name.startswith(("$.", "$[", "{{")) or "${" in name:
            # It only looks like an expression.
            name = "{{'" + name + "'}}"
        self.args.append({"name": name, "value": value, "in": place, **more})
