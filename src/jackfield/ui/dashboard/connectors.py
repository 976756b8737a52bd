"""`/dashboard/connectors`: the connectors that the hub has, and whether the project uses them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.connectors.connector import Connector
from jackfield.profiles.models import Profile, ProfilePage
from jackfield.profiles.repo import Profiles
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout
from jackfield.ui.rendering import hub_of, page

# A project has a profile or two of each connector.
MOST_PROFILES: Final = 1000
EFFECTS: Final = ("read", "write", "delete", "send")
# Effects that look like another one.
_LIKE: Final[Mapping[str, str]] = {"search": "read", "execute": "write"}


@dataclass(frozen=True, slots=True)
class ConnectorRow:
    """A connector with its profiles, and its number of actions by their gravest effect."""

    connector: Connector
    profiles: tuple[Profile, ...]
    effects: Mapping[str, int]

    @property
    def state(self) -> str:
        if any(each.active for each in self.profiles):
            return "on"
        if self.profiles:
            return "off"
        ready = any(each.ready for each in self.connector.auth_methods)
        return "off" if ready else "setup"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorsPage:
    template: ClassVar[str] = "dashboard/connectors.html"

    layout: Layout
    rows: tuple[ConnectorRow, ...]
    effects: tuple[str, ...]
    query: str


async def list_connectors(request: Request, project: Project) -> Response:
    hub = hub_of(request)
    query = request.query_params.get("q", "").strip()
    async with hub.db.read(project.id) as tx:
        profiles = await Profiles(tx).page(ProfilePage(size=MOST_PROFILES))
    rows = [
        ConnectorRow(
            connector,
            tuple(each for each in profiles if each.connector_key == connector.key),
            effects_of(connector),
        )
        for connector in hub.catalog.connectors()
        if connector.is_offered and _matches(connector, query.lower())
    ]
    return page(
        request,
        ConnectorsPage(
            layout=Layout.of(request, project), rows=tuple(rows), effects=EFFECTS, query=query
        ),
    )


def effects_of(connector: Connector) -> Mapping[str, int]:
    """Return how many actions have each effect; one with several counts as the gravest."""
    counts: Counter[str] = Counter()
    for action in connector.actions:
        found = {_LIKE.get(each, each) for each in action.effects}
        counts[next((each for each in reversed(EFFECTS) if each in found), "read")] += 1
    return counts


def _matches(connector: Connector, query: str) -> bool:
    words = (connector.title, connector.key, *connector.categories)
    return not query or any(query in each.lower() for each in words)
