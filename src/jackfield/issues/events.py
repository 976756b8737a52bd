"""Events of issues, in the transaction that opens or resolves them."""

from collections.abc import Sequence
from dataclasses import asdict

from msgspec import UNSET

from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.payloads import IssuePayload
from jackfield.events.repo import Events
from jackfield.issues.models import Issue


async def announce_opened(tx: Tx, issues: Sequence[Issue]) -> None:
    await _announce(tx, EventType.ISSUE_OPENED, issues)


async def announce_resolved(tx: Tx, issues: Sequence[Issue]) -> None:
    await _announce(tx, EventType.ISSUE_RESOLVED, issues)


async def _announce(tx: Tx, type_: EventType, issues: Sequence[Issue]) -> None:
    """Add an event for each issue that is not muted."""
    await Events(tx).add(
        [_payload(tx, type_, issue) for issue in issues if not issue.is_muted(tx.now)]
    )


def _payload(tx: Tx, type_: EventType, issue: Issue) -> IssuePayload:
    return IssuePayload(
        project_id=tx.project_id,
        event=type_,
        event_date=tx.now,
        record_type="issue",
        record_id=issue.id,
        issue_id=issue.id,
        account_id=issue.account_id,
        provider=issue.provider,
        origin_owner_id=issue.origin_owner_id,
        origin_owner_name=issue.origin_owner_name,
        cause=issue.cause,
        code=issue.code,
        message=issue.message,
        step=None if issue.step is None else asdict(issue.step),
        status=issue.status,
        first_seen_at=issue.first_seen_at,
        last_seen_at=issue.last_seen_at,
        occurrences=issue.occurrences,
        reopened=issue.reopened,
        actions=issue.actions,
        request_ids=issue.request_ids,
        resolution=issue.resolution or UNSET,
    )
