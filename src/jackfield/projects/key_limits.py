"""Limits of narrowed keys: those a key was minted with, and those of all keys it comes from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from msgspec import Struct

from jackfield.connectors.connector import Connector
from jackfield.kit.ids import ApiKeyId

# An ordinary key, and what is narrowed from it, one from the other.
DEEPEST: Final = 5
_CONNECTORS_KEPT: Final = 2048
_PROXY: Final = "proxy"


class Effect(StrEnum):
    """What an action does at its provider."""

    READ = "read"
    WRITE = "write"
    SEND = "send"
    DELETE = "delete"


# Connectors say of some actions that they search or execute.
_EFFECT_OF: Final[Mapping[str, Effect]] = {
    **{each.value: each for each in Effect},
    "search": Effect.READ,
    "execute": Effect.WRITE,
}


class KeyLimits(Struct, frozen=True, omit_defaults=True):
    """
    What a narrowed key may do; a field without a value limits nothing.

    `actions` are ids, or patterns of ids in which `*` stands for anything.
    """

    origin_owner_id: str | None = None
    account_ids: tuple[str, ...] | None = None
    connectors: tuple[str, ...] | None = None
    actions: tuple[str, ...] | None = None
    effects: tuple[Effect, ...] | None = None
    calls: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Narrowing:
    """
    What a narrowed key may do: what all keys may that it comes from.

    `chain` are their ids, its own first, and `counted` those of them that have a number of calls.
    """

    chain: tuple[ApiKeyId, ...]
    counted: tuple[ApiKeyId, ...]
    created_at: datetime
    owners: frozenset[str] | None = None
    accounts: frozenset[str] | None = None
    connectors: frozenset[str] | None = None
    effects: frozenset[str] | None = None
    # Each key's own: an action must match one of every key's.
    actions: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def of(cls, chain: Sequence[tuple[ApiKeyId, KeyLimits]], *, created_at: datetime) -> Self:
        """Return what a key may do, from its own limits and those of the keys it comes from."""
        limits = [each for _, each in chain]
        owners = ((e.origin_owner_id,) for e in limits if e.origin_owner_id is not None)
        return cls(
            chain=tuple(key_id for key_id, _ in chain),
            counted=tuple(key_id for key_id, each in chain if each.calls is not None),
            created_at=created_at,
            owners=_common(owners),
            accounts=_common(e.account_ids for e in limits if e.account_ids is not None),
            connectors=_common(e.connectors for e in limits if e.connectors is not None),
            effects=_common(e.effects for e in limits if e.effects is not None),
            actions=tuple(e.actions for e in limits if e.actions is not None),
        )

    @property
    def key_id(self) -> ApiKeyId:
        return self.chain[0]

    @property
    def topmost(self) -> ApiKeyId:
        """The narrowed key that an ordinary one minted: what comes from it shares its rate."""
        return self.chain[-2]

    @property
    def parents(self) -> tuple[ApiKeyId, ...]:
        return self.chain[1:]

    def allows_account(self, account_id: str, *, owner: str, provider: str) -> bool:
        return (
            (self.accounts is None or account_id in self.accounts)
            and (self.owners is None or owner in self.owners)
            and self.allows_connector(provider)
        )

    def allows_connector(self, key: str) -> bool:
        return self.connectors is None or key in self.connectors

    def allows_action(self, action_id: str, effects: Collection[str]) -> bool:
        """Return whether an action may be run: one whose effects are unknown, if all are."""
        if self.effects is not None and not (
            effects and all(_EFFECT_OF.get(each) in self.effects for each in effects)
        ):
            return False
        return all(
            any(matches(pattern, action_id) for pattern in patterns) for patterns in self.actions
        )

    def actions_of(self, connector: Connector) -> frozenset[str]:
        """Return the ids of a connector's actions that may be run, and that of its proxy calls."""
        return _actions_of(self, connector)


@lru_cache(maxsize=_CONNECTORS_KEPT)
def _actions_of(narrowing: Narrowing, connector: Connector) -> frozenset[str]:
    if not narrowing.allows_connector(connector.key):
        return frozenset()
    ids = [each.id for each in connector.actions if narrowing.allows_action(each.id, each.effects)]
    # Nobody knows what a request does that a caller writes.
    proxy = f"{connector.key}_{_PROXY}"
    return frozenset([*ids, proxy] if narrowing.allows_action(proxy, ()) else ids)


def matches(pattern: str, text: str) -> bool:
    """Return whether a text matches a pattern, in which `*` stands for anything."""
    if "*" not in pattern:
        return pattern == text
    first, *between, last = pattern.split("*")
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    # The earliest place of each is as good as any: so it takes no longer than the text is.
    at, end = len(first), len(text) - len(last)
    for part in between:
        at = text.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _common(groups: Iterable[Iterable[str]]) -> frozenset[str] | None:
    common: frozenset[str] | None = None
    for group in groups:
        common = frozenset(group) if common is None else common.intersection(group)
    return common
