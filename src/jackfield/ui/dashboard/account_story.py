"""The story of an account: its last runs, its tokens, its changes, and its issues."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.accounts.history.models import AccountChange, ChangeKind
from jackfield.accounts.history.repo import AccountHistory
from jackfield.accounts.models import Account
from jackfield.accounts.tokens.models import TokenState
from jackfield.accounts.tokens.repo import AccountTokens
from jackfield.connectors.connector import Connector
from jackfield.issues.models import Cause, Issue, IssueFilter
from jackfield.issues.repo import Issues
from jackfield.issues.words import customer_words, words_of
from jackfield.logs.runs.models import Run, RunFilter
from jackfield.logs.runs.repo import Runs
from jackfield.projects.models import Project
from jackfield.runtime import Hub
from jackfield.ui.dashboard import actors
from jackfield.ui.dashboard.run_lines import RunLine, run_lines

_MOST_RUNS: Final = 8
_MOST_CHANGES: Final = 40
_MOST_ISSUES: Final = 10
# By the kind of a change: its tone, its drawing, and its words.
_LOOKS: Final[Mapping[ChangeKind, tuple[str, str, str]]] = {
    ChangeKind.LINKED: ("good", "account", "Linked"),
    ChangeKind.RELINKED: ("good", "link", "Linked again, with new credentials"),
    ChangeKind.EDITED: ("", "write", "Edited"),
    ChangeKind.CHECKED: ("good", "check", "Checked: the provider accepts the credential"),
    ChangeKind.FAILED: ("bad", "error", "Failed"),
    ChangeKind.RECOVERED: ("good", "check", "Works again"),
    ChangeKind.RENEWED: ("", "refresh", "Token renewed"),
    ChangeKind.NOT_RENEWED: ("warn", "issue", "Token not renewed"),
    ChangeKind.SUSPENDED: ("warn", "pause", "Suspended"),
    ChangeKind.RESUMED: ("good", "play", "Resumed"),
    ChangeKind.REVOKED: ("warn", "lock", "Revoked"),
    ChangeKind.RETIRED: ("warn", "lock", "Suspended for good"),
    ChangeKind.RELINK_ASKED: ("", "mail", "Asked to be linked again"),
    ChangeKind.PROBED: ("", "key", "Permissions found out"),
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of the timeline; `link` is a page of the dashboard that says more."""

    at: datetime
    tone: str
    drawing: str
    title: str
    detail: str = ""
    by: str = ""
    link: str | None = None


@dataclass(frozen=True, slots=True)
class AccountStory:
    """
    What happened to an account, the latest first.

    `tokens` is null where none expire. `renewals` are the changes of them. `message` is a text for
    the customer to have it linked again; empty where that would not help.
    """

    runs: Sequence[RunLine]
    moments: Sequence[Moment]
    tokens: TokenState | None
    renewals: Sequence[Moment]
    issues: Sequence[tuple[Issue, str]]
    message: str
    # How many actions need each scope that was not granted.
    missing_scopes: Mapping[str, int]

    @property
    def has_recovered(self) -> bool:
        """Whether the latest run went well, whatever failed before it."""
        return bool(self.runs) and self.runs[0].run.success


async def story_of(
    hub: Hub, project: Project, account: Account, *, provider: str, link: str | None
) -> AccountStory:
    """Return what happened to an account; `provider` is the provider's name."""
    async with hub.db.read(project.id) as tx:
        runs, _ = await Runs(tx).page(
            RunFilter(account_ids=(account.id,)), number=1, size=_MOST_RUNS
        )
        changes = await AccountHistory(tx).newest(account.id, most=_MOST_CHANGES)
        tokens = await AccountTokens(tx).find(account.id)
        found = await Issues(tx).page(
            IssueFilter(account_ids=(account.id,)), after=None, size=_MOST_ISSUES
        )
        names = await actors.key_names(tx)
    moments = [*_of_changes(changes, names), *_of_issues(found.items, provider)]
    if not any(each.kind is ChangeKind.LINKED for each in changes):
        # Of before there was a history, or long ago.
        moments.append(Moment(account.created_at, "good", "account", "Linked"))
    moments.sort(key=lambda each: each.at, reverse=True)
    connector = hub.catalog.find(account.provider)
    granted = tokens.scopes if tokens else None
    return AccountStory(
        runs=await run_lines(hub, project.id, runs, query=f"account:{account.id}"),
        moments=moments,
        tokens=tokens if tokens and tokens.expires_at else None,
        renewals=[
            each
            for each in _of_changes(changes, names)
            if each.title in {_LOOKS[ChangeKind.RENEWED][2], _LOOKS[ChangeKind.NOT_RENEWED][2]}
        ],
        issues=[
            (each, words_of(each, provider=provider).title) for each in found.items if each.is_open
        ],
        message=_message(account, found.items, runs, provider=provider, link=link),
        missing_scopes=missing_scopes(connector, granted) if connector and granted else {},
    )


def missing_scopes(connector: Connector, granted: Collection[str]) -> Mapping[str, int]:
    """Return how many actions of a connector need each scope that is not among the granted ones."""
    has = {
        *granted,
        *(
            inner
            for definition in connector.scope_definitions
            if definition.name in granted
            for inner in definition.includes
        ),
    }
    needed = (scope for action in connector.actions for scope in action.required_scopes)
    return Counter(scope for scope in needed if scope not in has)


def _of_changes(changes: Iterable[AccountChange], names: Mapping[str, str]) -> list[Moment]:
    return [
        Moment(each.made_at, *_LOOKS[each.kind], each.detail, actors.described(each.actor, names))
        for each in changes
    ]


def _of_issues(issues: Iterable[Issue], provider: str) -> Iterable[Moment]:
    for issue in issues:
        words, link = words_of(issue, provider=provider), f"/issues/{issue.id}"
        yield Moment(issue.first_seen_at, "bad", "issue", "Issue", words.title, link=link)
        if issue.resolved_at is not None:
            yield Moment(
                issue.resolved_at, "good", "check", "Issue resolved", words.title, link=link
            )


def _message(
    account: Account,
    issues: Iterable[Issue],
    runs: Sequence[Run],
    *,
    provider: str,
    link: str | None,
) -> str:
    """Return the text that asks the customer to link the account again, if that is needed."""
    works = bool(runs) and runs[0].success
    asking = [
        words.customer
        for words in (
            words_of(each, provider=provider) for each in issues if each.is_open and not works
        )
        if words.relink and words.customer
    ]
    if account.needs_relinking or link:
        asking.append(
            customer_words(Cause.CREDENTIAL, owner=account.origin_owner_name, provider=provider)
        )
    if not asking:
        return ""
    return f"{asking[0]}\n\n{link}" if link else asking[0]
