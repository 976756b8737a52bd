"""Public description of one action of a connector."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from jackfield.connectors.compilation import Compilation
from jackfield.engine.action import READING_METHODS
from jackfield.engine.connector import CompiledAction
from jackfield.engine.inputs.rules import describe_rule
from jackfield.kit.json import Json, items, mapping, text, words

_EFFECTS_OF_TYPE: Final[Mapping[str, tuple[str, ...]]] = {
    "list": ("read",),
    "get": ("read",),
    "create": ("write",),
    "update": ("write",),
    "delete": ("delete",),
}
# From the least to the most that can go wrong.
_BY_WEIGHT: Final = ("read", "search", "execute", "write", "send", "delete")
_HARMLESS: Final = frozenset({"read", "search"})
# Messages sent to people cannot be undone either.
_IRREVERSIBLE: Final = frozenset({"delete", "send"})


@dataclass(frozen=True, eq=False)
class ActionInfo:
    """An action's metadata; `schema` and `compiled` are made on first use.

    `id` is the action's full id, `name` its id inside the connector's file. `effects` is empty if
    the document neither declares nor implies them. `rules` are sentences about which inputs require
    or exclude each other.
    """

    id: str
    name: str
    label: str
    description: str
    details: str
    action_type: str
    schema_type: str
    effects: tuple[str, ...]
    categories: tuple[str, ...]
    tags: tuple[str, ...]
    required_scopes: tuple[str, ...]
    release_stage: str
    resources: str
    annotations: Mapping[str, Json]
    rules: tuple[str, ...]
    compilation: Compilation

    @property
    def is_internal(self) -> bool:
        """Whether the action can be called but is not listed."""
        return "internal" in self.categories or self.release_stage == "internal"

    @cached_property
    def only_reads(self) -> bool:
        return bool(self.effects) and _HARMLESS.issuperset(self.effects)

    @cached_property
    def strongest_effect(self) -> str | None:
        return max(self.effects, key=_BY_WEIGHT.index, default=None)

    @property
    def may_write_with(self) -> Callable[[str], bool]:
        """
        Tell which methods its requests may change something with.

        Where the document says that the action changes something, and knows only methods that read,
        it is done with one of those.
        """
        if self.only_reads:
            return lambda _: False
        if self.effects and self.compiled.sends_reads_only:
            return lambda _: True
        return is_write

    @cached_property
    def compiled(self) -> CompiledAction:
        return self.compilation.action(self.name)

    @property
    def schema(self) -> Mapping[str, Json]:
        """The JSON Schema of its inputs, all in one flat object."""
        return self.compiled.schema


def is_write(method: str) -> bool:
    return method.upper() not in READING_METHODS


def read_action(entry: Mapping[str, Json], *, key: str, compilation: Compilation) -> ActionInfo:
    name = text(entry, "actionId")
    action_type = text(entry, "actionType")
    effects = tuple(entry.get("effects") or _EFFECTS_OF_TYPE.get(action_type, ()))
    return ActionInfo(
        id=f"{key}_{name}",
        name=name,
        label=text(entry, "label"),
        description=text(entry, "description"),
        details=text(entry, "details"),
        action_type=action_type,
        schema_type=text(entry, "schemaType") or "native",
        effects=effects,
        categories=tuple(entry.get("categories") or ()),
        tags=tuple(entry.get("tags") or ()),
        required_scopes=tuple(words(entry.get("requiredScopes"))),
        release_stage=text(entry, "releaseStage") or "ga",
        resources=text(entry, "resources"),
        annotations={**_hints(effects), **mapping(entry, "annotations")},
        rules=tuple(filter(None, map(describe_rule, items(entry, "validationRules")))),
        compilation=compilation,
    )


def _hints(effects: tuple[str, ...]) -> dict[str, bool]:
    if not effects:
        return {}
    return {
        "readOnlyHint": _HARMLESS.issuperset(effects),
        "destructiveHint": not _IRREVERSIBLE.isdisjoint(effects),
        "openWorldHint": True,
    }
