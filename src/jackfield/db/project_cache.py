"""
Cache of a project's rows on the hot path, versioned across processes.

Entries are dropped when this process writes to the project, and at the latest one second after
another process has: such writes increment the project's version. Entries are as they are in the
database, so credentials are here only as ciphertext.
"""

import time
from collections.abc import Hashable
from typing import Any, Final, TypeAlias

from jackfield.db.tx import Database
from jackfield.kit.ids import ProjectId

Entries: TypeAlias = dict[Hashable, Any]

_RECHECK_SECONDS: Final = 1.0
_MOST_ENTRIES: Final = 20_000


class ProjectCache:
    def __init__(self) -> None:
        self._projects: dict[ProjectId, _Entry] = {}

    async def entries(self, db: Database, project_id: ProjectId) -> Entries:
        """Return the valid entries. Add to them only what was read after this call."""
        now = time.monotonic()
        known = self._projects.get(project_id)
        if known is not None and now < known.good_until:
            return known.entries
        rows = await db.unscoped("select version from projects where id = :id", id=project_id)
        version = rows[0]["version"] if rows else -1
        if known is None or known.version != version or len(known.entries) > _MOST_ENTRIES:
            known = self._projects[project_id] = _Entry(version)
        known.good_until = now + _RECHECK_SECONDS
        return known.entries

    def drop(self, project_id: ProjectId) -> None:
        self._projects.pop(project_id, None)


class _Entry:
    __slots__ = ("entries", "good_until", "version")

    def __init__(self, version: int) -> None:
        self.version = version
        self.entries: Entries = {}
        self.good_until = 0.0
