"""Changes from one version of a connector to another, and which of them break a caller."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from jackfield.connectors.action import ActionInfo
from jackfield.connectors.auth import AuthMethod
from jackfield.connectors.connector import Connector
from jackfield.connectors.fields import Field
from jackfield.engine.allowed_hosts import find_addresses
from jackfield.kit.errors import HubError
from jackfield.kit.json import Json, as_list, mapping, words

_DANGEROUS: Final = frozenset({"write", "execute", "send", "delete"})


class Weight(StrEnum):
    """Whether a change breaks what worked, wants to be looked at, or only adds something."""

    BREAKS = "breaks"
    CARE = "care"
    ADDS = "adds"


@dataclass(frozen=True, slots=True)
class Change:
    """
    One change: what it is about (`area`), of which action, method or host, and in words.

    Areas are `actions`, `inputs`, `effects`, `scopes`, `hosts` and `auth`; of a comparison with an
    API description `content` and `operations`, too.
    """

    area: str
    subject: str
    message: str
    weight: Weight


def compare(before: Connector, after: Connector) -> tuple[Change, ...]:
    """Return what changes, what breaks first."""
    order = list(Weight)
    found = [
        *_of_actions(before, after),
        *_of_scopes(before, after),
        *_of_hosts(before, after),
        *_of_methods(before, after),
    ]
    return tuple(sorted(found, key=lambda each: order.index(each.weight)))


def lost_actions(before: Connector, after: Connector) -> frozenset[str]:
    return frozenset(each.id for each in before.actions) - {each.id for each in after.actions}


def methods_to_relink(before: Connector, after: Connector) -> Mapping[str, str]:
    """Return why accounts have to be linked again, by the auth method they were linked by."""
    found: dict[str, str] = {}
    for old in before.auth_methods:
        new = after.find_auth_method(old.key)
        if new is None:
            found[old.key] = "the auth method is gone"
        elif missing := _newly_required(old.config_fields, new.config_fields):
            found[old.key] = f"it needs {', '.join(missing)}"
        elif old.type != new.type or old.grant_type != new.grant_type:
            found[old.key] = "it signs in in another way"
    return found


def _of_actions(before: Connector, after: Connector) -> Iterator[Change]:
    old = {each.id: each for each in before.actions}
    new = {each.id: each for each in after.actions}
    for action_id in old.keys() - new.keys():
        yield Change("actions", action_id, "is gone", Weight.BREAKS)
    for action_id in new.keys() - old.keys():
        kind = ", ".join(new[action_id].effects) or "effects unknown"
        yield Change("actions", action_id, f"is new ({kind})", Weight.ADDS)
    for action_id in sorted(old.keys() & new.keys()):
        yield from _of_action(old[action_id], new[action_id])


def _of_action(old: ActionInfo, new: ActionInfo) -> Iterator[Change]:
    gained, lost = set(new.effects) - set(old.effects), set(old.effects) - set(new.effects)
    if gained or lost:
        said = f"was {_listed(old.effects)}, becomes {_listed(new.effects)}"
        weight = Weight.CARE if gained & _DANGEROUS else Weight.ADDS
        yield Change("effects", new.id, said, weight)
    if scopes := sorted(set(new.required_scopes) - set(old.required_scopes)):
        yield Change("scopes", new.id, f"needs {', '.join(scopes)} as well", Weight.CARE)
    try:
        yield from _of_inputs(new.id, old.schema, new.schema)
    except HubError as error:
        yield Change("inputs", new.id, f"cannot be compared: {error.detail}", Weight.CARE)


def _of_inputs(
    action_id: str, old: Mapping[str, Json], new: Mapping[str, Json]
) -> Iterator[Change]:
    before, after = mapping(old, "properties"), mapping(new, "properties")
    needed, needs = set(words(old.get("required"))), set(words(new.get("required")))
    for name in before.keys() - after.keys():
        yield Change("inputs", action_id, f"'{name}' is gone", Weight.BREAKS)
    for name in after.keys() - before.keys():
        if name in needs:
            yield Change("inputs", action_id, f"'{name}' is new and required", Weight.BREAKS)
        else:
            yield Change("inputs", action_id, f"'{name}' is new", Weight.ADDS)
    for name in sorted(before.keys() & after.keys()):
        if name in needs - needed:
            yield Change("inputs", action_id, f"'{name}' becomes required", Weight.BREAKS)
        elif name in needed - needs:
            yield Change("inputs", action_id, f"'{name}' is no longer required", Weight.ADDS)
        was, becomes = mapping(before, name), mapping(after, name)
        if _kind(was) != _kind(becomes):
            said = f"'{name}' was {_kind(was)}, becomes {_kind(becomes)}"
            yield Change("inputs", action_id, said, Weight.BREAKS)
        elif gone := [each for each in _choices(was) if each not in _choices(becomes, was)]:
            said = f"'{name}' no longer takes {', '.join(map(str, gone))}"
            yield Change("inputs", action_id, said, Weight.BREAKS)


def _of_scopes(before: Connector, after: Connector) -> Iterator[Change]:
    old = {each.name for each in before.scope_definitions}
    new = {each.name for each in after.scope_definitions}
    for name in sorted(old - new):
        yield Change("scopes", name, "is no longer described", Weight.CARE)
    for name in sorted(new - old):
        yield Change("scopes", name, "is new", Weight.ADDS)


def _of_hosts(before: Connector, after: Connector) -> Iterator[Change]:
    old, new = hosts_of(before), hosts_of(after)
    for host in sorted(new - old):
        yield Change("hosts", host, "may be sent credentials from now on", Weight.CARE)
    for host in sorted(old - new):
        yield Change("hosts", host, "is sent credentials no more", Weight.ADDS)


def hosts_of(connector: Connector) -> frozenset[str]:
    """Return the hosts that a connector may send credentials to, as its document has them."""
    document = connector.compilation.document
    listed = document.get("hosts")
    if isinstance(listed, list):
        return frozenset(str(each).lower() for each in cast("list[Json]", listed))
    return frozenset(filter(None, map(_host, find_addresses(document))))


def _host(address: str) -> str:
    """Return the origin of an address, or the whole expression that gives it."""
    scheme, separator, rest = address.strip().partition("://")
    if not separator:
        # A path below another address, or an expression.
        return "" if address.startswith("/") or "{" not in address else address.strip()
    return f"{scheme.lower()}://{rest.partition('/')[0].lower()}"


def _of_methods(before: Connector, after: Connector) -> Iterator[Change]:
    relinked = methods_to_relink(before, after)
    for key, reason in relinked.items():
        said = f"accounts have to be linked again: {reason}"
        yield Change("auth", key, said, Weight.BREAKS)
    for method in after.auth_methods:
        old = before.find_auth_method(method.key)
        if old is None:
            yield Change("auth", method.key, "is a new way to link accounts", Weight.ADDS)
        else:
            yield from _of_method(old, method)


def _of_method(old: AuthMethod, new: AuthMethod) -> Iterator[Change]:
    if missing := _newly_required(old.setup_fields, new.setup_fields):
        said = f"profiles need {', '.join(missing)} from the operator"
        yield Change("auth", new.key, said, Weight.BREAKS)
    known = {each.key for each in old.config_fields}
    for field in new.config_fields:
        if field.key not in known and not field.required:
            yield Change("auth", new.key, f"the field '{field.key}' is new", Weight.ADDS)
    for gone in sorted(known - {each.key for each in new.config_fields}):
        yield Change("auth", new.key, f"the field '{gone}' is gone", Weight.CARE)
    if scopes := sorted(set(new.required_scopes) - set(old.required_scopes)):
        said = f"asks for {', '.join(scopes)} as well, which accounts have not granted"
        yield Change("scopes", new.key, said, Weight.CARE)


def _newly_required(old: tuple[Field, ...], new: tuple[Field, ...]) -> list[str]:
    known = {each.key for each in old if each.required or each.value is not None}
    return [
        each.key
        for each in new
        if each.required and each.value is None and each.condition is None and each.key not in known
    ]


def _listed(effects: tuple[str, ...]) -> str:
    return ", ".join(effects) or "unknown"


def _kind(schema: Mapping[str, Json]) -> str:
    kind = schema.get("type")
    kinds = sorted(map(str, as_list(kind))) if isinstance(kind, list) else [str(kind or "anything")]
    if "array" in kinds:
        kinds[kinds.index("array")] = f"array of {_kind(mapping(schema, 'items'))}"
    return " or ".join(kinds)


def _choices(schema: Mapping[str, Json], before: Mapping[str, Json] | None = None) -> list[Json]:
    """Return the values that an input takes; all of those `before` where any may be given."""
    if "enum" not in schema and before is not None:
        return as_list(before.get("enum"))
    return as_list(schema.get("enum"))
