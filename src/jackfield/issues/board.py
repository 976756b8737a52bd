"""The issues of some accounts while failures are added to them, and what has to be told after."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from jackfield.accounts.models import Account, MendingStep
from jackfield.db.tx import Tx
from jackfield.issues.events import announce_opened
from jackfield.issues.models import Cause, Issue, IssueId, IssueStatus
from jackfield.issues.repo import Issues

_COMES_BACK_WITHIN: Final = timedelta(hours=24)
_MOST_ACTIONS: Final = 10
_MOST_REQUESTS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failure of an account. A state of it lasts, and is no further failure."""

    cause: Cause
    code: str
    message: str
    at: datetime
    step: MendingStep | None = None
    run_id: str = ""
    action_id: str | None = None
    request_id: str | None = None
    is_state: bool = False


@dataclass(slots=True)
class Board:
    """Issues by account and cause; those that changed are written at once."""

    tx: Tx
    _latest: dict[tuple[str, Cause], Issue] = field(default_factory=dict[tuple[str, Cause], Issue])
    _new: set[IssueId] = field(default_factory=set[IssueId])
    _changed: set[IssueId] = field(default_factory=set[IssueId])
    _opened: set[IssueId] = field(default_factory=set[IssueId])

    @classmethod
    async def of(cls, tx: Tx, account_ids: Iterable[str]) -> "Board":
        board = cls(tx)
        found = await Issues(tx).latest(account_ids, resolved_after=tx.now - _COMES_BACK_WITHIN)
        # An open one is the newest of its cause.
        board._latest = {(each.account_id, each.cause): each for each in found}
        return board

    def find(self, account: Account, cause: Cause) -> Issue | None:
        return self._latest.get((account.id, cause))

    def add(self, account: Account, failure: Failure) -> None:
        """Open, reopen or count; a failure from before the issue was resolved is only counted."""
        known = self.find(account, failure.cause)
        if known is None:
            self._open(account, failure)
            return
        is_over = not known.is_open and failure.run_id <= known.settled_run_id and failure.run_id
        if is_over:
            self._put(replace(known, occurrences=known.occurrences + 1))
            return
        changed = _counted(known, account, failure)
        if not known.is_open:
            self._opened.add(known.id)
            changed = replace(
                changed,
                status=IssueStatus.OPEN,
                reopened=known.reopened + 1,
                resolved_at=None,
                resolution=None,
                resolved_by=None,
            )
        if changed != known:
            self._put(changed)

    async def write(self) -> None:
        """Store what changed, and tell of what was opened, in the same transaction."""
        issues: Mapping[IssueId, Issue] = {each.id: each for each in self._latest.values()}
        await Issues(self.tx).add([issues[each] for each in sorted(self._new)])
        for each in sorted(self._changed - self._new):
            await Issues(self.tx).save(issues[each])
        await announce_opened(self.tx, [issues[each] for each in sorted(self._opened)])

    def _open(self, account: Account, failure: Failure) -> None:
        place = self.tx.next_place()
        issue = Issue(
            id=IssueId.new(self.tx.now, place=place),
            account_id=account.id,
            provider=account.provider,
            origin_owner_id=account.origin_owner_id,
            origin_owner_name=account.origin_owner_name,
            cause=failure.cause,
            code=failure.code,
            message=failure.message,
            step=failure.step,
            status=IssueStatus.OPEN,
            first_seen_at=failure.at,
            last_seen_at=failure.at,
            occurrences=0,
            reopened=0,
            actions=(),
            request_ids=(),
            generation=account.generation,
            account_failing=account.needs_relinking,
        )
        self._new.add(issue.id)
        self._opened.add(issue.id)
        self._put(_counted(issue, account, failure))

    def _put(self, issue: Issue) -> None:
        self._latest[issue.account_id, issue.cause] = issue
        self._changed.add(issue.id)


def _counted(issue: Issue, account: Account, failure: Failure) -> Issue:
    """Return an issue with one more failure; a state that is known is not counted again."""
    is_latest = failure.at >= issue.last_seen_at
    is_known = failure.is_state and issue.is_open and issue.occurrences > 0
    # What failed before the account changed says nothing of its newer credentials.
    is_current = failure.is_state or failure.at >= account.updated_at
    return replace(
        issue,
        code=failure.code if is_latest else issue.code,
        message=failure.message if is_latest else issue.message,
        step=failure.step if is_latest else issue.step,
        last_seen_at=max(issue.last_seen_at, failure.at),
        occurrences=issue.occurrences + (0 if is_known else 1),
        actions=_with(issue.actions, failure.action_id, _MOST_ACTIONS),
        request_ids=_with(issue.request_ids, failure.request_id, _MOST_REQUESTS),
        generation=account.generation if is_current else issue.generation,
        account_failing=account.needs_relinking,
        last_run_id=max(issue.last_run_id, failure.run_id),
        origin_owner_id=account.origin_owner_id,
        origin_owner_name=account.origin_owner_name,
    )


def _with(known: tuple[str, ...], value: str | None, most: int) -> tuple[str, ...]:
    if not value or known[:1] == (value,):
        return known
    return (value, *(each for each in known if each != value))[:most]
