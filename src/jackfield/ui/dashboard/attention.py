"""Matters that need attention in a project: each in a line that leads to where it is mended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from jackfield.accounts.decoys.models import Decoy
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.disuse.models import NOTICE_DAYS
from jackfield.accounts.disuse.repo import UnusedAccounts
from jackfield.accounts.models import AccountStatus
from jackfield.accounts.overview.models import AccountCounts, EndingAccount
from jackfield.accounts.overview.repo import AccountOverview
from jackfield.db.tx import Tx
from jackfield.issues.models import Issue, IssueFilter, IssueView
from jackfield.issues.repo import Issues
from jackfield.issues.words import words_of
from jackfield.kit.pages import Page
from jackfield.projects.models import ApiKey, KeyState
from jackfield.projects.repo import ApiKeys
from jackfield.runtime import Hub
from jackfield.secrets.repo import SecretRows
from jackfield.ui.rendering import plain_name
from jackfield.webhooks.backlog.repo import Backlog, Backlogs
from jackfield.webhooks.models import Endpoint, EndpointId
from jackfield.webhooks.outcomes.repo import Outcome, Outcomes
from jackfield.webhooks.repo import Endpoints

Tone: TypeAlias = Literal["bad", "warn", "info"]

SOON: Final = timedelta(days=14)
_DAY: Final = timedelta(days=1)
_MOST_ISSUES: Final = 5
_MOST_ENDING: Final = 100
_MOST_NAMED: Final = 3
# A receiver that fails now and then is tried again: fewer than these are named.
_GOOD_RATE: Final = 0.95
_LATE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Matter:
    """
    One thing that needs attention.

    `path` is where it is mended, after `/dashboard`; `at` is when it was last seen, or will be, as
    `when` says.
    """

    tone: Tone
    symbol: str
    title: str
    path: str
    note: str = ""
    when: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The endpoints of a project, with what waits for each and what became of a day's events."""

    endpoints: Sequence[Endpoint]
    backlogs: dict[EndpointId, Backlog]
    outcomes: dict[EndpointId, Outcome]
    # Those that have a signing secret.
    signed: frozenset[str]

    @property
    def waiting(self) -> int:
        return sum(each.pending for each in self.backlogs.values())


@dataclass(frozen=True, slots=True)
class Findings:
    """What was read of a project to find out what needs attention."""

    issues: Page[Issue]
    open_issues: int
    accounts: AccountCounts
    ending: Sequence[EndingAccount]
    webhooks: Webhooks
    keys: Sequence[ApiKey]
    # Accounts that are suspended soon, as nobody uses them.
    unused: int
    # Decoys that were used within a day.
    touched: Sequence[Decoy]


async def find(tx: Tx, *, recent_since: datetime) -> Findings:
    """Read what may need attention; none of it costs more the larger the log is."""
    endpoints = await Endpoints(tx).all()
    overview = AccountOverview(tx)
    return Findings(
        issues=await Issues(tx).page(IssueFilter((IssueView.OPEN,)), after=None, size=_MOST_ISSUES),
        open_issues=await Issues(tx).count_open(),
        accounts=await overview.counts(recent_since=recent_since),
        ending=await overview.ending(size=_MOST_ENDING),
        webhooks=Webhooks(
            endpoints,
            await Backlogs(tx).all(),
            await Outcomes(tx).since(tx.now - _DAY),
            await SecretRows(tx).owners_among([each.id for each in endpoints]),
        ),
        keys=await ApiKeys(tx).all(),
        unused=await UnusedAccounts(tx).count(),
        touched=await Decoys(tx).touched_since(tx.now - _DAY),
    )


def matters(hub: Hub, found: Findings) -> list[Matter]:
    """Return what needs attention, the worst first."""
    every = [
        *_touched(found.touched),
        *_issues(hub, found),
        *_accounts(found.accounts),
        *_webhooks(found.webhooks, hub.clock()),
        *_ending(hub, found.ending),
        *_unused(found.unused),
        *_keys(found.keys, hub.clock()),
        *_rewrites(hub),
    ]
    order: Sequence[Tone] = ("bad", "warn", "info")
    return sorted(every, key=lambda each: order.index(each.tone))


def _issues(hub: Hub, found: Findings) -> Iterator[Matter]:
    for issue in found.issues.items:
        connector = hub.catalog.find(issue.provider)
        words = words_of(issue, provider=issue.provider if connector is None else connector.title)
        times = "once" if issue.occurrences == 1 else f"{issue.occurrences:,} times"
        yield Matter(
            "bad",
            "issue",
            words.title,
            f"/issues/{issue.id}",
            note=times,
            when="last",
            at=issue.last_seen_at,
        )
    if (more := found.open_issues - len(found.issues.items)) > 0:
        title = f"{more:,} more open issue{'' if more == 1 else 's'}"
        yield Matter("bad", "issue", title, "/issues")


def _accounts(counts: AccountCounts) -> Iterator[Matter]:
    why = {
        AccountStatus.ERROR: ("error", "their credential is not accepted"),
        AccountStatus.EXPIRED: ("clock", "their access has expired"),
    }
    for status, (symbol, reason) in why.items():
        if number := counts.broken[status]:
            what = "1 account is" if number == 1 else f"{number:,} accounts are"
            title = f"{what} to be linked again: {reason}"
            yield Matter("bad", symbol, title, f"?status={status.value}")


def _touched(decoys: Sequence[Decoy]) -> Iterator[Matter]:
    for decoy in decoys[-1:]:
        title = "Somebody used a decoy"
        yield Matter(
            "bad", "lock", title, "/audit?q=kind:honeytoken", when="at", at=decoy.touched_at
        )


def _unused(number: int) -> Iterator[Matter]:
    if number:
        what = "1 account is" if number == 1 else f"{number:,} accounts are"
        title = f"{what} unused, and suspended within {NOTICE_DAYS} days"
        yield Matter("warn", "pause", title, "?status=active&sort=used&order=reversed")


def _webhooks(found: Webhooks, now: datetime) -> Iterator[Matter]:
    for endpoint in found.endpoints:
        path, url = f"/webhooks/{endpoint.id}", endpoint.url
        if endpoint.id not in found.signed:
            yield Matter(
                "bad", "key", f"{url} has no signing secret", path, note="make it a new one"
            )
        elif endpoint.disabled_reason and not endpoint.active:
            reason = endpoint.disabled_reason
            yield Matter("bad", "webhook", f"{url} was disabled", path, note=reason)
        elif endpoint.active:
            yield from _deliveries(endpoint, found, now)


def _deliveries(endpoint: Endpoint, found: Webhooks, now: datetime) -> Iterator[Matter]:
    path, url = f"/webhooks/{endpoint.id}", endpoint.url
    outcome, backlog = found.outcomes.get(endpoint.id), found.backlogs.get(endpoint.id)
    rate = None if outcome is None else outcome.success_rate
    if outcome is not None and rate is not None and rate < _GOOD_RATE:
        note = f"{outcome.failed:,} of {outcome.failed + outcome.delivered:,} failed in 24 hours"
        yield Matter("bad", "webhook", f"{url} does not take its events", path, note=note)
    elif backlog is not None and backlog.oldest_at is not None and now - backlog.oldest_at > _LATE:
        note = f"{backlog.pending:,}{' or more' if backlog.is_capped else ''} wait"
        yield Matter(
            "warn",
            "webhook",
            f"{url} has not taken its events for over an hour",
            path,
            note=note,
            when="since",
            at=backlog.oldest_at,
        )


def _ending(hub: Hub, accounts: Sequence[EndingAccount]) -> Iterator[Matter]:
    ending = [each for each in accounts if _ends(hub, each)]
    for each in ending[:_MOST_NAMED]:
        connector = hub.catalog.find(each.provider)
        title = each.provider if connector is None else connector.title
        owner = plain_name(each.origin_owner_name, each.origin_owner_id, each.id)
        yield Matter(
            "warn",
            "clock",
            f"The sign-in of {owner} at {title} ends, and cannot be renewed",
            f"/accounts/{each.id}",
            when="ends",
            at=each.expires_at,
        )
    if (more := len(ending) - _MOST_NAMED) > 0:
        title = f"{more} more sign-in{'' if more == 1 else 's'} end within a week"
        yield Matter("warn", "clock", title, "")


def _ends(hub: Hub, account: EndingAccount) -> bool:
    """Whether only its user can get an account new tokens, as far as its connector says."""
    connector = hub.catalog.find(account.provider)
    method = None if connector is None else connector.find_auth_method(account.auth_method)
    if method is None:
        return True
    return method.signs_in and method.refresh is None and method.refresh_margin is None


def _keys(keys: Sequence[ApiKey], now: datetime) -> Iterator[Matter]:
    for key in keys:
        if key.state(now) is KeyState.ACTIVE and key.expires_at and key.expires_at <= now + SOON:
            title = f"The API key {plain_name(key.name, key.id)} expires"
            yield Matter("warn", "key", title, "/keys", when="on", at=key.expires_at)


def _rewrites(hub: Hub) -> Iterator[Matter]:
    if targets := hub.rewrites.targets:
        hosts = f"{len(targets)} address{'' if len(targets) == 1 else 'es'}"
        title = f"Requests to {hosts} of providers go elsewhere"
        note = "as the setting JACKFIELD_PROVIDER_REWRITE says"
        yield Matter("info", "info", title, "/connectors", note=note)
