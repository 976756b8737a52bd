"""Schema kinds of texts that the engine evaluates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final, cast

from jackfield.engine.schema.kinds import Definitions, Kind, Text
from jackfield.engine.schema.report import At, Report, spell, unwind
from jackfield.engine.schema.structures import Either
from jackfield.kit.json import Json
from jackfield.kit.urls import find_origin

_HOST: Final = re.compile(r"\s*[a-z][a-z0-9+.-]*://([^/?#]*)", re.IGNORECASE)
_EXPRESSION_PATTERN: Final = r"^\s*\$|^\s*\{\{|\$\{"


@dataclass(frozen=True)
class Expression(Kind):
    """A text in any of the forms: plain, `$.path`, `{{ expression }}`, or with `${…}` in it."""

    types: ClassVar = frozenset({"a text"})

    def check(self, value: Json, at: At, report: Report) -> None:
        if self.require_type(value, at, report) and is_evaluated(value):
            report.expressions.append((at, value))

    def describe(self) -> str:
        return "expression"

    def schema(self, definitions: Definitions) -> Json:
        return {"type": "string"}


@dataclass(frozen=True)
class Address(Expression):
    """The URL of a request, or a part of one."""

    def check(self, value: Json, at: At, report: Report) -> None:
        super().check(value, at, report)
        found = _HOST.match(value) if isinstance(value, str) else None
        if found is None:
            return
        field = f"The field '{spell(unwind(at))}'"
        if "@" in found[1]:
            report.error(
                at,
                f"{field} has a user name before its host. Use an `authorization` of the type "
                "basic instead.",
            )
        elif not is_evaluated(found[1]) and find_origin(found[0].strip()) is None:
            report.error(at, f"{field} has no host that requests can be sent to over HTTP.")

    def describe(self) -> str:
        return "URL, or expression"


@dataclass(frozen=True)
class BareExpression(Kind):
    """An expression without the braces around it."""

    types: ClassVar = frozenset({"a text"})

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        if any(mark in value for mark in ("{{", "}}", "${")):
            report.error(
                at,
                f"The field '{spell(unwind(at))}' must be a bare expression: without '{{{{', '}}}}' "
                "and '${'.",
            )
        else:
            report.expressions.append((at, f"{{{{{value}}}}}"))

    def describe(self) -> str:
        return "expression without braces"

    def schema(self, definitions: Definitions) -> Json:
        return {"type": "string"}


@dataclass(frozen=True)
class Template(Kind):
    """Any value; the texts in it, at any depth, are expressions."""

    types: ClassVar = frozenset(
        {"a text", "a number", "a boolean", "a list", "a mapping", "nothing"}
    )

    def check(self, value: Json, at: At, report: Report) -> None:
        if isinstance(value, str):
            if is_evaluated(value):
                report.expressions.append((at, value))
        elif isinstance(value, dict):
            for key, inner in cast("dict[str, Json]", value).items():
                self.check(inner, (at, key), report)
        elif isinstance(value, list):
            for index, inner in enumerate(cast("list[Json]", value)):
                self.check(inner, (at, index), report)

    def describe(self) -> str:
        return "anything, with expressions"

    def schema(self, definitions: Definitions) -> Json:
        return {}


@dataclass(frozen=True)
class Evaluated(Kind):
    """A value of some kind, or an expression that evaluates to one."""

    kind: Kind

    @property
    def types(self) -> frozenset[str]:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.kind.types | {"a text"}

    def check(self, value: Json, at: At, report: Report) -> None:
        if isinstance(value, str) and is_evaluated(value):
            report.expressions.append((at, value))
        else:
            self.kind.check(value, at, report)

    def describe(self) -> str:
        inner = self.kind.describe()
        return inner if isinstance(self.kind, Text | Template) else f"{inner} or expression"

    def parts(self) -> Iterable[Kind]:
        return (self.kind,)

    def schema(self, definitions: Definitions) -> Json:
        if isinstance(self.kind, Text | Either | Template):
            return self.kind.schema(definitions)
        expression = {"type": "string", "pattern": _EXPRESSION_PATTERN}
        return {"anyOf": [self.kind.schema(definitions), expression]}


def is_evaluated(text: str) -> bool:
    """Whether a text has an expression in it."""
    return "$" in text or "{{" in text
