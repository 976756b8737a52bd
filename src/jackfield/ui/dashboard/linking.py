"""`/dashboard/home/linking`: how far those come who are to link accounts, and what holds them up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.connect.steps.models import (
    MOST_COUNTED,
    Funnel,
    LinkFunnels,
    LinkStage,
    LinkStep,
    SessionSteps,
)
from jackfield.connect.steps.repo import LinkSteps
from jackfield.connectors.connector import Connector
from jackfield.projects.models import Project
from jackfield.runtime import Hub
from jackfield.ui.dashboard.layout import Layout
from jackfield.ui.rendering import hub_of, page

SPAN: Final = timedelta(days=30)
_LISTED: Final = 25
_MINUTE: Final = 60
_HOUR: Final = 3600
_STAGES: Final[Mapping[LinkStage, str]] = {
    LinkStage.MADE: "Link was made",
    LinkStage.OPENED: "Opened it",
    LinkStage.FORM: "Saw a form",
    LinkStage.FILLED_IN: "Sent the form",
    LinkStage.TRIED: "Asked the provider",
    LinkStage.LINKED: "Linked",
}


@dataclass(frozen=True, slots=True)
class ShownStage:
    """A stage with how many reached it, and their share of those of the first stage shown."""

    title: str
    count: int
    share: float
    # How many did not get from the stage before to this one.
    lost: int


@dataclass(frozen=True, slots=True)
class ShownFunnel:
    """The funnel of a connector, or of all; `key` has an icon."""

    title: str
    key: str | None
    stages: Sequence[ShownStage]
    took: str
    closed: int = 0


@dataclass(frozen=True, slots=True)
class ShownObstacle:
    """What held sessions up, in words where the connector has some for it."""

    connector: str
    title: str
    detail: str
    sessions: int


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A session with the words for how far it came, and how long that took."""

    steps: SessionSteps
    connectors: Sequence[str]
    stage: str
    took: str

    @property
    def is_linked(self) -> bool:
        return self.steps.stage is LinkStage.LINKED


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkingPage:
    template: ClassVar[str] = "dashboard/linking.html"

    layout: Layout
    days: int
    all: ShownFunnel
    funnels: Sequence[ShownFunnel]
    obstacles: Sequence[ShownObstacle]
    sessions: Sequence[ShownSession]
    found: LinkFunnels
    # Whether the newest steps are counted only, and how many.
    is_partial: bool
    counted: int


async def show_linking(request: Request, project: Project) -> Response:
    hub = hub_of(request)
    since = hub.clock() - SPAN
    async with hub.db.read(project.id) as tx:
        found = await LinkSteps(tx).funnels(since=since)
        newest = await LinkSteps(tx).newest(size=_LISTED)
    return page(
        request,
        LinkingPage(
            layout=Layout.of(request, project),
            days=SPAN.days,
            all=_funnel(hub, found.all, LinkStage.MADE),
            funnels=[_funnel(hub, each, LinkStage.FORM) for each in found.by_connector],
            obstacles=[
                ShownObstacle(
                    _title(hub, each.connector_key),
                    _obstacle(hub.catalog.find(each.connector_key), each.step, each.detail),
                    each.detail,
                    each.sessions,
                )
                for each in found.obstacles
            ],
            sessions=[
                ShownSession(
                    each,
                    [_title(hub, key) for key in each.connector_keys],
                    _STAGES[each.stage],
                    duration_in_words(each.took),
                )
                for each in newest
            ],
            found=found,
            is_partial=found.counted_since > since,
            counted=MOST_COUNTED,
        ),
    )


def duration_in_words(took: timedelta) -> str:
    """Return a time that somebody took for something."""
    seconds = round(took.total_seconds())
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min {seconds % _MINUTE} s"
    if took < timedelta(days=1):
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE} min"
    return f"{took.days} d {seconds % 86_400 // _HOUR} h"


def _funnel(hub: Hub, funnel: Funnel, first: LinkStage) -> ShownFunnel:
    stages = [*LinkStage]
    shown = stages[stages.index(first) :]
    whole = funnel.reached[first] or 1
    key = funnel.connector_key
    return ShownFunnel(
        title=_title(hub, key) if key else "All connectors",
        key=key if hub.catalog.find(key) else None,
        stages=[
            ShownStage(
                _STAGES[each],
                funnel.reached[each],
                round(funnel.reached[each] / whole * 100, 1),
                0 if each is first else funnel.lost_before(each),
            )
            for each in shown
        ],
        took="" if funnel.median is None else duration_in_words(funnel.median),
        closed=funnel.closed,
    )


def _title(hub: Hub, key: str) -> str:
    connector = hub.catalog.find(key)
    return key if connector is None else connector.title


def _obstacle(connector: Connector | None, step: LinkStep, detail: str) -> str:
    if step is LinkStep.REFUSED:
        return "Attempt failed"
    for method in () if connector is None else connector.auth_methods:
        for field in method.config_fields:
            if field.key == detail:
                return f"Field “{field.label}” was missing or malformed"
    return "A field was missing or malformed"
