"""
Cache of a project's rows on the hot path, versioned across processes.

Entries are dropped when this process writes to the project, and at the latest one second after
another process has: such writes increment the project's version. Tokens are replaced too often for
that: with those of an account only the entries go whose key names it. Entries are as they are in
the database, so credentials are here only as ciphertext.
"""

import time
from collections.abc import Hashable
from typing import Any, Final, TypeAlias, cast

from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId

Entries: TypeAlias = dict[Hashable, Any]

_RECHECK_SECONDS: Final = 1.0
_MOST_ENTRIES: Final = 20_000
_VERSIONS: Final = "select version, token_changes from projects where id = :id"
_CHANGED: Final = (
    "select account_id from account_tokens where project_id = :id and change > :change"
)


class ProjectCache:
    def __init__(self) -> None:
        self._projects: dict[ProjectId, _Entry] = {}

    async def entries(self, db: Database, project_id: ProjectId) -> Entries:
        """Return the valid entries. Add to them only what was read after this call."""
        now = time.monotonic()
        known = self._projects.get(project_id)
        if known is not None and now < known.good_until:
            return known.entries
        rows = await db.unscoped(_VERSIONS, id=project_id)
        version, changes = (rows[0]["version"], rows[0]["token_changes"]) if rows else (-1, -1)
        if known is None or known.version != version or len(known.entries) > _MOST_ENTRIES:
            known = self._projects[project_id] = _Entry(version, changes)
        elif known.changes != changes:
            rows = await db.unscoped(_CHANGED, id=project_id, change=known.changes)
            known.changes = changes
            known.forget({row["account_id"] for row in rows})
        known.good_until = now + _RECHECK_SECONDS
        return known.entries

    def clear(self) -> None:
        self._projects.clear()

    def drop(self, project_id: ProjectId) -> None:
        self._projects.pop(project_id, None)

    def forget(self, project_id: ProjectId, account_id: str) -> None:
        """Drop the entries of one account."""
        known = self._projects.get(project_id)
        if known is not None:
            known.forget({account_id})


class _Entry:
    __slots__ = ("changes", "entries", "good_until", "version")

    def __init__(self, version: int, changes: int) -> None:
        self.version = version
        self.changes = changes
        self.entries: Entries = {}
        self.good_until = 0.0

    def forget(self, account_ids: set[str]) -> None:
        """Drop the entries with a key that has one of the accounts in its second place."""
        for key in list(self.entries):
            if isinstance(key, tuple) and not account_ids.isdisjoint(
                cast("tuple[object]", key)[1:2]
            ):
                del self.entries[key]
