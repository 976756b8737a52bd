"""Agreement of the schema with the engine: what the one lists, the other takes."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jackfield.connectors.schema.inputs import INPUT
from jackfield.engine.compat import Mode
from jackfield.engine.schema.expressions import Address, Evaluated, Expression
from jackfield.engine.schema.kinds import Boolean, Choice, Kind, Number
from jackfield.engine.schema.report import Report
from jackfield.engine.schema.structures import (
    Either,
    Later,
    ListOf,
    MapOf,
    Record,
    Unknown,
    Variant,
)
from jackfield.engine.steps.compile_context import Authorizations, CompileContext
from jackfield.engine.steps.kind import StepKind
from jackfield.engine.steps.registry import STEP_KINDS, compile_function
from jackfield.engine.steps.sign_jwt import ALGORITHMS
from jackfield.kit.errors import HubError
from tests.unit.engine.building import action

EVALUATED = "$.inputs.a"
SURPLUS = "surplus"
DEEPEST = 8
# Keys that are needed for the sake of others.
NEEDED: dict[str, dict[str, Any]] = {
    "PaginatedRequestParameters": {"response": {"nextKey": "a"}},
    "PaginatedResponse": {"nextKey": "a"},
    "Iterator": {"key": "a", "in": "query"},
    "RequestResponse": {"format": "lines"},
    "McpRequestParameters": {"toolName": "a"},
    "OneOf": {"ref": "gender"},
    "FieldConfig": {"type": "object"},
    "TypecastField": {"type": "object"},
    "OAuth1Signing": {"consumerSecret": "a", "privateKey": "a"},
}
BY_PAGE = {"startPage", "maxPage"}
STRICT_ALONE = {"mode": ("url", "link"), "algorithm": ALGORITHMS[1:]}
# The engine does not look at it.
WITHOUT_EFFECT = {"responseMode"}


class Samples:
    """Small values of a kind that have, one after the other, all that the kind lists."""

    def __init__(self, mode: Mode) -> None:
        self.mode: Mode = mode

    def least(self, kind: Kind) -> Any:  # noqa: PLR0911
        match kind:
            case Choice():
                return kind.values[0]
            case Number():
                return int(kind.minimum or 1)
            case Boolean():
                return True
            case ListOf():
                return [self.least(kind.item)]
            case MapOf():
                return {"a": self.least(kind.value)}
            case Either() | Variant() | Later() | Evaluated():
                return self.least(next(iter(kind.parts())))
            case Record():
                return self._record(kind)
            case Address():
                return "/a"
            case Expression():
                return EVALUATED
            case _:
                return "a"

    def _record(self, kind: Record) -> dict[str, Any]:
        required = {
            name: self.least(entry.kind) for name, entry in kind.entries.items() if entry.required
        }
        needed = NEEDED.get(kind.name, {})
        return required | {key: each for key, each in needed.items() if self.knows(kind, key)}

    def knows(self, kind: Record, key: str) -> bool:
        return self.mode == "strict" or not kind.entries[key].ours

    def every(self, kind: Kind, depth: int = 0) -> Iterator[Any]:
        yield self.least(kind)
        if isinstance(kind, Choice):
            yield from kind.values
        elif isinstance(kind, Evaluated):
            yield EVALUATED
        if depth < DEEPEST:
            yield from self._holding(kind, lambda part: self.every(part, depth + 1))

    def surplus(self, kind: Kind, depth: int = 0) -> Iterator[Any]:
        """Yield values of which one key or one word is not listed."""
        if isinstance(kind, Choice):
            yield SURPLUS
        # What is dropped in compat mode is left to the checks of documents.
        elif isinstance(kind, Record) and kind.unknown is Unknown.REFUSED:
            yield {**self.least(kind), SURPLUS: 1}
        if depth < DEEPEST:
            yield from self._holding(kind, lambda part: self.surplus(part, depth + 1))

    def _holding(self, kind: Kind, inner: Callable[[Kind], Iterator[Any]]) -> Iterator[Any]:
        match kind:
            case ListOf():
                yield from ([value] for value in inner(kind.item))
            case MapOf():
                yield from ({"a": value} for value in inner(kind.value))
            case Record():
                for key, entry in kind.entries.items():
                    more = {"mode": "page"} if key in BY_PAGE else {}
                    for value in inner(entry.kind) if self.knows(kind, key) else ():
                        if not self._is_foreign(key, value):
                            yield {**self.least(kind), **more, key: value}
            case _:
                for part in kind.parts():
                    yield from inner(part)

    def _is_foreign(self, key: str, value: object) -> bool:
        """Tell whether the engine looks at it in strict mode alone, or never."""
        if value == SURPLUS:
            return key in WITHOUT_EFFECT
        return self.mode == "compat" and value in STRICT_ALONE.get(key, ())


def objection_of_the_schema(record: Record, value: Any, mode: Mode) -> str | None:
    report = Report(mode)
    record.check(value, None, report)
    return next((each.message for each in report.problems if each.fatal), None)


def objection_of_the_engine(kind: StepKind, version: str, value: Any, mode: Mode) -> str | None:
    context = CompileContext(mode, Authorizations({}, mode), "https://a.example", [])
    try:
        compile_function(kind.name, version, value, context)
    except HubError as error:
        return error.detail
    return None


def objection_of_the_engine_to_an_input(value: Any, mode: Mode) -> str | None:
    try:
        action(inputs=[value], engine=mode)
    except HubError as error:
        return error.detail
    return None


KINDS = [(kind, version) for kind in STEP_KINDS for version in kind.versions]
NAMES = [f"{kind.name} {version}" for kind, version in KINDS]


@pytest.mark.parametrize("mode", ["strict", "compat"])
@pytest.mark.parametrize(("kind", "version"), KINDS, ids=NAMES)
def test_whatever_the_schema_lists_the_engine_takes(
    kind: StepKind, version: str, mode: Mode
) -> None:
    record = kind.outdated_in(version) or kind.parameters

    values = list(Samples(mode).every(record))

    assert len(values) > len(record.entries)
    for value in values:
        assert objection_of_the_schema(record, value, mode) is None, value
        assert objection_of_the_engine(kind, version, value, mode) is None, value


@pytest.mark.parametrize(("kind", "version"), KINDS, ids=NAMES)
def test_what_the_schema_does_not_list_a_strict_engine_refuses(
    kind: StepKind, version: str
) -> None:
    record = kind.outdated_in(version) or kind.parameters
    values = list(Samples("strict").surplus(record))
    if kind.is_request:
        foreign = {key for each in STEP_KINDS for key in each.parameters.entries}
        least = Samples("strict").least(record)
        values += [{**least, key: "a"} for key in sorted(foreign - record.entries.keys())]

    for value in values:
        assert objection_of_the_schema(record, value, "strict") is not None, value
        assert objection_of_the_engine(kind, version, value, "strict") is not None, value


@pytest.mark.parametrize("mode", ["strict", "compat"])
def test_whatever_the_schema_lists_of_inputs_the_engine_takes(mode: Mode) -> None:
    for value in Samples(mode).every(INPUT):
        assert objection_of_the_schema(INPUT, value, mode) is None, value
        assert objection_of_the_engine_to_an_input(value, mode) is None, value
