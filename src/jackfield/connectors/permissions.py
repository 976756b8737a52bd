"""
Permission probes: harmless requests, declared by a connector, that show what credentials may do.

A probe either reads, or asks for a write in a way that the provider refuses before anything
happens. A provider that looks at the credentials first tells by the refusal whether they may.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.compilation import Compilation
from jackfield.engine.connector import CompiledAction
from jackfield.engine.steps.request import REQUEST
from jackfield.kit.json import Json, as_list, items, mapping, text, texts

# A read that fails because of its parameters, not of its credentials, was authorized.
_READ_REFUSALS: Final = frozenset({400, 422})
_READS: Final = frozenset({"read", "search"})
_EMPTY_BODY: Final[Mapping[str, Json]] = {
    "name": "body",
    "value": "{{ {} }}",
    "in": "body",
    "spread": True,
}


@dataclass(frozen=True, eq=False)
class PermissionProbe:
    """A request whose response shows whether credentials may run the actions it covers.

    It covers the actions it names and, of those with one of its tags, the reading ones if it reads
    itself, else the others. `refusals` are the statuses by which the provider refuses the request
    although the credentials may make it.
    """

    key: str
    label: str
    actions: frozenset[str]
    tags: frozenset[str]
    request: Mapping[str, Json]
    refusals: frozenset[int]
    compilation: Compilation

    @property
    def reads(self) -> bool:
        return self.request.get("method") == "get"

    @cached_property
    def compiled(self) -> CompiledAction:
        parameters = {**self.request, "response": {"format": "auto"}}
        if not self.reads and not any(each.get("in") == "body" for each in self._args):
            parameters["args"] = [*self._args, _EMPTY_BODY]
        call = {"functionName": REQUEST.name, "parameters": parameters}
        return self.compilation.action(
            {
                "actionId": self.key,
                "actionType": "test",
                # A write is not retried.
                "effects": ["read"] if self.reads else ["write"],
                "steps": [{"stepId": "ask", "stepFunction": call}],
            }
        )

    def covers(self, action: ActionInfo) -> bool:
        """Whether an action has one of its tags and reads or writes like it."""
        return self.reads == _READS.issuperset(action.effects) and not self.tags.isdisjoint(
            action.tags
        )

    @property
    def _args(self) -> list[Mapping[str, Json]]:
        return list(items(self.request, "args"))


def read_permissions(
    entry: Mapping[str, Json], compilation: Compilation
) -> tuple[PermissionProbe, ...]:
    return tuple(_read(each, compilation) for each in items(entry, "permissions"))


def find_probe(probes: tuple[PermissionProbe, ...], action: ActionInfo) -> PermissionProbe | None:
    """Return the probe that covers an action; one that names it precedes one with its tag."""
    named = (probe for probe in probes if action.name in probe.actions)
    tagged = (probe for probe in probes if probe.covers(action))
    return next(named, None) or next(tagged, None)


def _read(entry: Mapping[str, Json], compilation: Compilation) -> PermissionProbe:
    request = mapping(entry, "request")
    declared = frozenset(each for each in as_list(entry.get("refusedWith")) if type(each) is int)
    return PermissionProbe(
        key=text(entry, "key"),
        label=text(entry, "label"),
        actions=frozenset(texts(entry, "actions")),
        tags=frozenset(texts(entry, "tags")),
        request=request,
        refusals=declared or (_READ_REFUSALS if request.get("method") == "get" else frozenset()),
        compilation=compilation,
    )
