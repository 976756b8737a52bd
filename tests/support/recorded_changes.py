"""
Changes that the audit log is to tell of: a transaction that makes one without a record fails.

Whatever a test does is watched, in every database it opens. What is not recorded is listed here,
with its reason.
"""

import re
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from jackfield.db import postgres, sqlite
from jackfield.db.tx import Connection, Row, Tx

# A text, since each transaction of each test asks where it comes from.
_SOURCE: Final = f"{Path(sqlite.__file__).parents[1]}/"
_CHANGE: Final = re.compile(r"\s*(insert\s+into|update|delete\s+from)\s+(\w+)", re.IGNORECASE)

# Whose credentials there are, who may do what with them, and where they are sent.
RECORDED: Final = frozenset(
    {
        "projects",
        "api_keys",
        "sign_in_links",
        "dashboard_sessions",
        "credentials",
        "connector_profiles",
        "accounts",
        "connect_sessions",
        "pending_links",
        "webhook_endpoints",
        "memberships",
        "member_invites",
        "portal_sessions",
    }
)
NOT_RECORDED: Final[Mapping[str, str]] = {
    "shredding_keys": "made and destroyed with what is sealed, which is recorded",
    "shredding_key_files": "the number of the newest backup's file; the backup is recorded",
    "vault_keys": "proofs of keys; a start adds them, and giving keys up is recorded by project",
    "vault_processes": "what processes say of their keys",
    "vault_recovery": "a copy of the keyring, which only its recovery key opens",
    "vault_rotation": "whose turn it is; what a rotation changes is recorded by project",
    "events": "tells of what is recorded",
    "webhook_subscriptions": "part of an endpoint, whose change is recorded",
    "webhook_deliveries": "work on events",
    "webhook_attempts": "work on events",
    "webhook_replays": "work on events; what people begin and stop is recorded",
    "runs": "the log of runs; uses of credentials are counted beside it",
    "run_bodies": "the log of runs",
    "api_requests": "the log of requests",
    "api_key_uses": "the log of requests",
    "api_key_calls": "part of a key, whose change is recorded; calls are counted beside the log",
    "tool_feedback": "opinions of agents",
    "files": "contents of runs",
    "connect_frames": "pages that were opened",
    "idempotency_keys": "work on requests, whose changes are recorded",
    "account_permissions": "what was found out of a credential",
    "account_tokens": "when tokens are renewed; what was renewed is in credentials",
    "account_checks": "when a credential is looked at next",
    "sign_ins": "steps of a link, whose end is recorded",
    "sent_codes": "steps of a link",
    "revocations": "steps of an end, which is recorded",
    "undelivered_writes": "answers that wait for their client",
    "prunings": "work on old rows",
    "limit_slots": "rates",
    "limit_places": "rates",
    "limit_lines": "rates",
    "issues": "found out of the log of runs; what people do with them is recorded",
    "issue_readings": "found out of the log of runs",
    "issue_runs": "found out of the log of runs",
    "run_counts": "the log of runs",
    "run_count_fills": "the log of runs",
    "run_headers": "the log of runs",
    "account_uses": "the log of runs",
    "account_changes": "tells of what is recorded",
    "decoys": "which accounts are decoys; their use is recorded",
    "hub_days": "days that the hub ran",
    "unused_accounts": "what was told of; a suspension that follows is recorded",
    "account_jobs": "work on accounts, whose changes are recorded",
    "account_job_items": "work on accounts, whose changes are recorded",
    "account_words": "words that accounts are found by",
    "link_steps": "pages that were opened",
    "portal_frames": "pages that were opened",
    "saved_calls": "inputs that people keep, without secrets",
    "saved_views": "queries that people keep",
    "uploaded_connectors": "what was uploaded, published and deleted is recorded with its files",
    "connector_versions": "what was uploaded, published and deleted is recorded with its files",
    "connector_files": "what was uploaded, published and deleted is recorded with its files",
    "members": "names and sessions of people; passwords and roles are recorded",
    "member_sessions": "sign-ins, which are recorded",
    "member_links": "sign-in links, which are recorded",
    "member_identities": "what an identity provider calls a member",
    "recovery_codes": "part of a second factor, whose change is recorded",
    "sign_in_attempts": "rates",
    "sso_answers": "steps of a sign-in",
    "audit_chains": "the audit log itself",
    "audit_records": "the audit log itself",
    "audit_checkpoints": "the audit log itself",
    "audit_tallies": "the audit log itself",
    "audit_pushes": "the audit log itself",
}
# By the beginning of the file and function that open the transaction.
EXCEPTIONS: Final[Mapping[str, str]] = {
    "idempotency/service.py": "answers that are kept sealed for a while",
    "connect/sign_in/": "what was typed, kept sealed until the sign-in ends, which is recorded",
    "connect/sent_codes/": "codes that are kept sealed for minutes",
    "worker/pruning.py": "what has expired and opens nothing any more",
    "accounts/renewal/introspection.py": "when a token is looked at next",
    "worker/account_words.py": "words that accounts are found by",
    "accounts/service.py:check": "a failure that is known is seen again",
    "members/project_deletion/service.py:_drop": "rows of a project whose deletion is recorded before",
}
# Statements that change nothing of what is recorded.
_NO_CHANGE: Final = re.compile(r"set\s+version\s*=|client_refused_at\s*=|seen_version")


class RecordedChanges:
    """Fails a transaction that changes what is recorded, and leaves no record."""

    def __init__(self) -> None:
        self.patch = pytest.MonkeyPatch()
        for database in (sqlite.SqliteDatabase, postgres.PostgresDatabase):
            self.patch.setattr(database, "write", _watched(database.write))


def _watched(write: Callable[..., Any]) -> Callable[..., Any]:
    @asynccontextmanager
    async def opened(self: Any, project_id: Any, actor: Any, site: str) -> AsyncGenerator[Tx]:
        async with write(self, project_id, actor) as tx:
            watched = _Connection()
            tx.wrap(watched.around)
            yield tx
            if watched.changed and not tx.is_recorded:
                msg = f"{site} changes {sorted(watched.changed)}, and the audit log has no record"
                raise AssertionError(msg)

    def called(self: Any, project_id: Any, actor: Any) -> Any:
        site = _site()
        if site is None or site.startswith(tuple(EXCEPTIONS)):
            return write(self, project_id, actor)
        return opened(self, project_id, actor, site)

    return called


def _site() -> str | None:
    """Return the function of ours that opens a transaction; nothing for a test's own."""
    frame = sys._getframe(2)  # noqa: SLF001
    while frame is not None:
        file = frame.f_code.co_filename
        is_ours = file.startswith(_SOURCE)
        if is_ours and not file.startswith("db/", len(_SOURCE)):
            return f"{file[len(_SOURCE) :]}:{frame.f_code.co_name}"
        if not is_ours and not file.endswith("contextlib.py"):
            return None
        frame = frame.f_back
    return None


class _Connection:
    def __init__(self) -> None:
        self.changed: set[str] = set()
        self._inner: Connection | None = None

    def around(self, inner: Connection) -> Connection:
        self._inner = inner
        return self

    async def query(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        return self._noted(sql, await self.inner.query(sql, values))

    async def look_up(self, sql: str, values: Mapping[str, object]) -> list[Row]:
        return self._noted(sql, await self.inner.look_up(sql, values))

    async def executemany(self, sql: str, rows: Sequence[Mapping[str, object]]) -> None:
        if rows:
            self._noted(sql, [])
        await self.inner.executemany(sql, rows)

    @property
    def inner(self) -> Connection:
        assert self._inner is not None
        return self._inner

    def _noted(self, sql: str, rows: list[Row]) -> list[Row]:
        found = _CHANGE.match(sql)
        has_changed = bool(rows) or "returning" not in sql
        if found and found[2] == "connect_sessions" and found[1].lower() == "update":
            # How far a link has come.
            return rows
        if found and found[2] in RECORDED and has_changed and not _NO_CHANGE.search(sql):
            self.changed.add(found[2])
        return rows
