"""Operations on issues: resolve, mute, unmute, count."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.issues.models import Issue, IssueResolved, Resolution
from jackfield.issues.repo import Issues
from jackfield.issues.resolution import end
from jackfield.kit.ids import ProjectId, RunId
from jackfield.kit.json import Json
from jackfield.runtime import Hub

# A badge may be so old.
_COUNT_AGE: Final = timedelta(seconds=5)
_COUNT_KEY: Final = "open_issues"


async def resolve(tx: Tx, issue_id: str) -> Issue:
    """
    Resolve an issue by hand; a later failure opens it again.

    Raises:
        IssueNotFound: the project has none with this id.
    """
    issue = await _locked(tx, issue_id)
    if not issue.is_open:
        return issue
    await _record(tx, AuditKind.ISSUE_RESOLVED, issue)
    return await end(tx, issue, Resolution.BY_HAND, settled_run_id=RunId.floor(tx.now))


async def mute(tx: Tx, issue_id: str, *, days: int | None = None) -> Issue:
    """
    Mute an issue for some days; without `days` until it is resolved.

    Raises:
        IssueNotFound: the project has none with this id.
        IssueResolved: it is over.
    """
    issue = await _locked(tx, issue_id)
    if not issue.is_open:
        raise IssueResolved
    until = None if days is None else tx.now + timedelta(days=days)
    await _record(tx, AuditKind.ISSUE_MUTED, issue, until=until and until.isoformat())
    return await _saved(tx, replace(issue, muted_at=tx.now, muted_until=until))


async def unmute(tx: Tx, issue_id: str) -> Issue:
    """
    End the muting of an issue.

    Raises:
        IssueNotFound: the project has none with this id.
    """
    issue = await _locked(tx, issue_id)
    if issue.muted_at is None:
        return issue
    await _record(tx, AuditKind.ISSUE_UNMUTED, issue)
    return await _saved(tx, replace(issue, muted_at=None, muted_until=None))


async def count_open(hub: Hub, project_id: ProjectId) -> int:
    """Return how many issues are open and not muted, as it was some seconds ago at most."""
    entries, now = await hub.cache.entries(hub.db, project_id), hub.clock()
    known = entries.get(_COUNT_KEY)
    if known is not None and known[1] > now:
        return known[0]
    async with hub.db.read(project_id) as tx:
        count = await Issues(tx).count_open()
    entries[_COUNT_KEY] = count, now + _COUNT_AGE
    return count


async def forget_count(hub: Hub, project_id: ProjectId) -> None:
    """Have this process count anew: its operator changed an issue."""
    (await hub.cache.entries(hub.db, project_id)).pop(_COUNT_KEY, None)


async def _record(tx: Tx, kind: AuditKind, issue: Issue, **details: Json) -> None:
    about: dict[str, Json] = {"account_id": issue.account_id, "cause": issue.cause}
    await record(tx, kind, issue.id, details=about | details)


async def _locked(tx: Tx, issue_id: str) -> Issue:
    await Issues(tx).lock()
    return await Issues(tx).get(issue_id)


async def _saved(tx: Tx, issue: Issue) -> Issue:
    await Issues(tx).save(issue)
    return issue
