"""
Basic schema kinds.

A kind knows two things: how to check a value, and how to say what it allows as JSON Schema. The
check is what loading runs; the schema is for editors and the reference page. Both come from the
same description, so they cannot drift apart.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, TypeAlias

from jackfield.engine.schema.report import At, Report, spell, suggestion, unwind
from jackfield.kit.json import Json

Definitions: TypeAlias = dict[str, Json]


class Kind(ABC):
    """A type of value in a document."""

    # Its JSON types: `Either` chooses by them, messages name them.
    types: ClassVar[frozenset[str]]

    @abstractmethod
    def check(self, value: Json, at: At, report: Report) -> None: ...

    @abstractmethod
    def schema(self, definitions: Definitions) -> Json:
        """Return the JSON Schema; named records go into `definitions`, once."""

    @abstractmethod
    def describe(self) -> str:
        """Describe it in Markdown, for the reference page."""

    def parts(self) -> Iterable["Kind"]:
        """Return the kinds it contains."""
        return ()

    def accepts(self, value: Json) -> bool:
        return type_of(value) in self.types

    def require_type(self, value: Json, at: At, report: Report) -> bool:
        actual = type_of(value)
        if actual in self.types:
            return True
        expected = " or ".join(sorted(self.types))
        quote = actual in {"a number", "a boolean"} and "a text" in self.types
        hint = " Put it in quotes." if quote else ""
        report.error(at, f"The field '{spell(unwind(at))}' must be {expected}, not {actual}.{hint}")
        return False


@dataclass(frozen=True)
class Text(Kind):
    pattern: str | None = None
    expected: str = ""
    types: ClassVar = frozenset({"a text"})

    @cached_property
    def _matches(self) -> Callable[[str], object]:
        return re.compile(self.pattern or "").search

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report) or self.pattern is None:
            return
        if not self._matches(value):
            report.error(at, f"The field '{spell(unwind(at))}' must be {self.expected}.")

    def describe(self) -> str:
        return "text"

    def schema(self, definitions: Definitions) -> Json:
        return {"type": "string"} | ({"pattern": self.pattern} if self.pattern else {})


@dataclass(frozen=True)
class Number(Kind):
    minimum: float | None = None
    maximum: float | None = None
    integer: bool = False
    types: ClassVar = frozenset({"a number"})

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        if self.integer and value != int(value):
            report.error(at, f"The field '{spell(unwind(at))}' must be a whole number.")
        if self.minimum is not None and value < self.minimum:
            report.error(at, f"The field '{spell(unwind(at))}' must be at least {self.minimum:g}.")
        if self.maximum is not None and value > self.maximum:
            report.error(at, f"The field '{spell(unwind(at))}' must be at most {self.maximum:g}.")

    def describe(self) -> str:
        return "whole number" if self.integer else "number"

    def schema(self, definitions: Definitions) -> Json:
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        present = {name: limit for name, limit in limits.items() if limit is not None}
        return {"type": "integer" if self.integer else "number"} | present


@dataclass(frozen=True)
class Boolean(Kind):
    types: ClassVar = frozenset({"a boolean"})

    def check(self, value: Json, at: At, report: Report) -> None:
        self.require_type(value, at, report)

    def describe(self) -> str:
        return "boolean"

    def schema(self, definitions: Definitions) -> Json:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Choice(Kind):
    """One of a closed set of values."""

    values: tuple[str | bool, ...]
    types: ClassVar = frozenset({"a text", "a boolean", "a number"})

    def check(self, value: Json, at: At, report: Report) -> None:
        if not self.require_type(value, at, report):
            return
        if any(value == known and type(value) is type(known) for known in self.values):
            return
        names = [_word(known) for known in self.values]
        message = (
            f"The field '{spell(unwind(at))}' has an invalid value: '{_word(value)}'. "
            f"Allowed values are: [{', '.join(names)}]."
        )
        meant = suggestion(str(value), names)
        report.error(at, f"{message} Did you mean '{meant}'?" if meant else message)

    def describe(self) -> str:
        return ", ".join(f"`{_word(value)}`" for value in self.values)

    def schema(self, definitions: Definitions) -> Json:
        return {"enum": list(self.values)}


@dataclass(frozen=True)
class Anything(Kind):
    """Free metadata: kept, never checked."""

    types: ClassVar = frozenset(
        {"a text", "a number", "a boolean", "a list", "a mapping", "nothing"}
    )

    def check(self, value: Json, at: At, report: Report) -> None:
        return

    def describe(self) -> str:
        return "anything"

    def schema(self, definitions: Definitions) -> Json:
        return {}


def type_of(value: Json) -> str:
    """Return a value's JSON type as messages name it."""
    if isinstance(value, str):
        return "a text"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "nothing"


def _word(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
