"""The end of an issue, by itself or by hand."""

from dataclasses import replace

from jackfield.db.tx import Tx
from jackfield.issues.events import announce_resolved
from jackfield.issues.models import Issue, IssueStatus, Resolution
from jackfield.issues.repo import Issues


async def end(tx: Tx, issue: Issue, resolution: Resolution, *, settled_run_id: str) -> Issue:
    """
    Resolve an issue, and tell so unless it is muted.

    What was muted without an end is no longer; failures of runs up to `settled_run_id` are over.
    """
    resolved = replace(
        issue,
        status=IssueStatus.RESOLVED,
        settled_run_id=max(issue.settled_run_id, settled_run_id),
        resolved_at=tx.now,
        resolution=resolution,
        resolved_by=str(tx.actor) if resolution is Resolution.BY_HAND else None,
    )
    await announce_resolved(tx, [resolved])
    if resolved.muted_until is None:
        resolved = replace(resolved, muted_at=None)
    await Issues(tx).save(resolved)
    return resolved
