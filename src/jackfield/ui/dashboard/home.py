"""`/dashboard/home`: what needs attention, and how much is run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.overview.models import MOST_COUNTED, AccountCounts, NewAccount
from jackfield.accounts.overview.repo import AccountOverview
from jackfield.connect.steps.models import LinkStage
from jackfield.connect.steps.repo import LinkSteps
from jackfield.logs.runs.counts.models import HOUR, RunTally, hour_of
from jackfield.logs.runs.counts.repo import RunCounts
from jackfield.logs.search.query import word_of_source
from jackfield.projects.models import KeyState, Project
from jackfield.runtime import Hub
from jackfield.ui.dashboard import attention
from jackfield.ui.dashboard.attention import Findings, Matter
from jackfield.ui.dashboard.layout import Layout
from jackfield.ui.dashboard.linking import SPAN as LINKING_SPAN
from jackfield.ui.dashboard.run_bars import (
    RunChart,
    daily_chart,
    first_day,
    hourly_chart,
    logs_query,
)
from jackfield.ui.dashboard.run_lines import title_of_source
from jackfield.ui.rendering import hub_of, page

_WEEK: Final = timedelta(days=7)
_NEWEST: Final = 5
_MOST_SHARES: Final = 10


@dataclass(frozen=True, slots=True)
class Share:
    """The runs of one connector or source, and where the log has them; `key` has an icon."""

    title: str
    runs: RunTally
    # Null where no query finds them.
    query: str | None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class FirstStep:
    """Something to do with a new project, and whether it was done."""

    title: str
    text: str
    path: str
    is_done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage:
    template: ClassVar[str] = "dashboard/home.html"

    layout: Layout
    matters: Sequence[Matter]
    hours: RunChart
    days: RunChart
    # The query of the last 24 hours in the log.
    day_query: str
    providers: Sequence[Share]
    sources: Sequence[Share]
    accounts: AccountCounts
    most_counted: int
    newest: Sequence[NewAccount]
    # How many links of the last 30 days were opened, and linked an account.
    opened: int
    linked: int
    # Deliveries to webhook endpoints that were not made yet.
    waiting: int
    # Of a project in which nothing is linked yet.
    steps: Sequence[FirstStep]


async def show_home(request: Request, project: Project) -> Response:
    hub = hub_of(request)
    now = hub.clock()
    since, until = first_day(now), hour_of(now) + HOUR
    async with hub.db.read(project.id) as tx:
        found = await attention.find(tx, recent_since=now - _WEEK)
        newest = await AccountOverview(tx).newest(size=_NEWEST)
        counts = RunCounts(tx)
        by_hour = await counts.by_hour(since, until)
        by_provider = await counts.by_provider(since, until)
        by_source = await counts.by_source(since, until)
        reached = await LinkSteps(tx).reached(since=now - LINKING_SPAN)
    hours = hourly_chart(by_hour, now)
    return page(
        request,
        HomePage(
            layout=Layout.of(request, project),
            matters=attention.matters(hub, found),
            hours=hours,
            days=daily_chart(by_hour, now),
            day_query=logs_query(hours.bars[0].since),
            providers=_providers(hub, by_provider, since),
            sources=_sources(by_source, since),
            accounts=found.accounts,
            most_counted=MOST_COUNTED,
            newest=newest,
            opened=reached[LinkStage.OPENED],
            linked=reached[LinkStage.LINKED],
            waiting=found.webhooks.waiting,
            steps=() if found.accounts.total else _first_steps(found, by_hour, now),
        ),
    )


def _providers(hub: Hub, counts: Mapping[str, RunTally], since: datetime) -> list[Share]:
    shares: list[Share] = []
    for key, runs in [*counts.items()][:_MOST_SHARES]:
        connector = hub.catalog.find(key)
        title = (key or "None that is known") if connector is None else connector.title
        # Of runs without a connector there is no word in a query.
        query = logs_query(since, only=(f"connector:{key}",)) if key else None
        shares.append(Share(title, runs, query, key if connector else None))
    return shares


def _sources(counts: Mapping[str, RunTally], since: datetime) -> list[Share]:
    words = {word_of_source(source): runs for source, runs in counts.items()}
    return [
        Share(title_of_source(word), runs, logs_query(since, only=(f"source:{word}",)))
        for word, runs in words.items()
    ]


def _first_steps(
    found: Findings, by_hour: Mapping[datetime, RunTally], now: datetime
) -> tuple[FirstStep, ...]:
    has_key = any(each.state(now) is KeyState.ACTIVE for each in found.keys)
    return (
        FirstStep(
            "Link a test account",
            "Make a link, open it yourself, and connect an account of your own.",
            "/link",
            is_done=False,
        ),
        FirstStep(
            "Make an API key",
            "Your software signs its requests with it.",
            "/keys",
            is_done=has_key,
        ),
        FirstStep(
            "Run an action",
            "Whatever is run is in the log, with each request to the provider.",
            "/logs",
            is_done=bool(by_hour),
        ),
        FirstStep(
            "Add a webhook endpoint",
            "Your software is told when an account is linked, or needs to be again.",
            "/webhooks",
            is_done=bool(found.webhooks.endpoints),
        ),
    )
