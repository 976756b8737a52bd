"""The actions of an auth method: those that verify credentials, renew them, and say whose they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from jackfield.connectors.compilation import Compilation
from jackfield.connectors.field_validation import evaluate, spell
from jackfield.engine.connector import CompiledAction
from jackfield.kit.json import Json, items, mapping, text


@dataclass(frozen=True, eq=False)
class Probe:
    """An action that verifies new credentials."""

    action: str | Mapping[str, Json]
    is_required: bool
    condition: str | None
    compilation: Compilation

    @cached_property
    def compiled(self) -> CompiledAction:
        return self.compilation.action(self.action)

    def applies(self, credentials: Mapping[str, str]) -> bool:
        """Whether to run it for these credentials."""
        return self.condition is None or bool(evaluate(self.condition, credentials))


@dataclass(frozen=True, eq=False)
class Refresh:
    """The renewal of credentials; `schedule` is a cron expression."""

    action: Mapping[str, Json]
    schedule: str | None
    compilation: Compilation

    @cached_property
    def compiled(self) -> CompiledAction:
        return self.compilation.action(self.action)


@dataclass(frozen=True, eq=False)
class Identity:
    """The way to identify the provider's account that credentials belong to."""

    action: str | Mapping[str, Json] | None
    values: str
    within: str | None
    compilation: Compilation

    @cached_property
    def compiled(self) -> CompiledAction | None:
        return None if self.action is None else self.compilation.action(self.action)

    def read(self, credentials: Mapping[str, str], output: Json) -> frozenset[str]:
        """Return the account's identities; one in common means that it is the same account."""
        value = evaluate(self.values, credentials, output=output)
        within = "" if self.within is None else spell(evaluate(self.within, credentials))
        values = cast("list[Json]", value) if isinstance(value, list) else [value]
        return frozenset(f"{within}/{text}" for item in values if (text := spell(item)))


def read_probes(entry: Mapping[str, Json], compilation: Compilation) -> tuple[Probe, ...]:
    probes = [
        Probe(
            action=cast("str | Mapping[str, Json]", each["action"]),
            is_required=each.get("required") is not False,
            condition=text(each, "condition") or None,
            compilation=compilation,
        )
        for each in items(entry, "testActions")
    ]
    older = cast("list[str]", entry.get("testActionsIds") or [])
    return (*probes, *(Probe(action, True, None, compilation) for action in older))


def read_identity(entry: Mapping[str, Json], compilation: Compilation) -> Identity | None:
    if not entry:
        return None
    return Identity(
        action=cast("str | Mapping[str, Json] | None", entry.get("action")),
        values=text(entry, "values"),
        within=text(entry, "within") or None,
        compilation=compilation,
    )


def read_refresh(entry: Mapping[str, Json], compilation: Compilation) -> Refresh | None:
    action = mapping(entry, "action")
    return Refresh(action, text(entry, "schedule") or None, compilation) if action else None
