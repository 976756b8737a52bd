"""Filters of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString


@dataclass(frozen=True, slots=True)
class AuditTerms:
    """What records have; of each name one value is enough, and an empty tuple means any."""

    families: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    actor_kinds: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


_COLUMNS: Final[Mapping[str, LiteralString]] = {
    "families": "family",
    "kinds": "kind",
    "actor_kinds": "actor_kind",
    "actors": "actor_id",
    "targets": "target",
    "accounts": "account_id",
    "actions": "action_id",
    "effects": "effect",
    "addresses": "address",
    "requests": "request_id",
}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which records are looked for: what they have, what they do not have, and when they are from."""

    having: AuditTerms = AuditTerms()
    lacking: AuditTerms = AuditTerms()
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> tuple[LiteralString, dict[str, object]]:
        """Return the SQL conditions, each with its `and`, and the values of their parameters."""
        where: LiteralString = ""
        values: dict[str, object] = {}
        for name, column in _COLUMNS.items():
            if chosen := getattr(self.having, name):
                parameter: LiteralString = f"having_{column}"
                where += f" and {column} in (:{parameter})"
                values[parameter] = chosen
            if excluded := getattr(self.lacking, name):
                parameter = f"lacking_{column}"
                # A record without a value is none of those that are excluded.
                where += f" and ({column} is null or {column} not in (:{parameter}))"
                values[parameter] = excluded
        if self.since is not None:
            where += " and recorded_at >= :since"
            values["since"] = self.since
        if self.until is not None:
            where += " and recorded_at < :until"
            values["until"] = self.until
        return where, values
