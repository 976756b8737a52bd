"""`/dashboard/link`: a link to send to whoever is to link an account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.models import AccountType
from jackfield.connect import sessions as connect
from jackfield.connect.models import SessionTerms
from jackfield.connect.sign_in.exchange import redirect_uri
from jackfield.kit.errors import HubError
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import hub_of, page

LINK_SECONDS: Final = 5 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPage:
    template: ClassVar[str] = "dashboard/link.html"

    layout: Layout
    typed: Mapping[str, str]
    problem: str | None
    link: str | None
    # What to register with providers that people sign in at, by connector.
    redirect_uris: Mapping[str, str]


async def new_link(request: Request, project: Project) -> Response:
    wanted = "test" if request.query_params.get("type") == "test" else ""
    return _link_page(request, project, typed={"type": wanted})


async def make_link(request: Request, project: Project) -> Response:
    """Open a connect session with the terms of the form, and show its auth link."""
    hub = hub_of(request)
    typed = (await read_form(request)).fields()
    owner_id = typed.get("owner_id", "")
    if not owner_id:
        return _link_page(request, project, typed=typed, problem="Say whose account it will be.")
    terms = SessionTerms(
        origin_owner_id=owner_id,
        origin_owner_name=typed.get("owner_name") or owner_id,
        provider=typed.get("provider") or None,
        type=AccountType.TEST if typed.get("type") == "test" else AccountType.PRODUCTION,
    )
    try:
        issued = await connect.open_session(
            hub, project.id, actor_of(request), terms, seconds=LINK_SECONDS
        )
    except HubError as refused:
        return _link_page(request, project, typed=typed, problem=refused.detail)
    link = connect.auth_link(hub.public_url, issued.token)
    return _link_page(request, project, typed=typed, link=link)


def _link_page(
    request: Request,
    project: Project,
    *,
    typed: Mapping[str, str] | None = None,
    problem: str | None = None,
    link: str | None = None,
) -> Response:
    hub = hub_of(request)
    redirecting = [
        each
        for each in hub.catalog.connectors()
        if any(method.redirects for method in each.auth_methods)
    ]
    return page(
        request,
        LinkPage(
            layout=Layout.of(request, project),
            typed=typed or {},
            problem=problem,
            link=link,
            redirect_uris={each.key: redirect_uri(hub, each) for each in redirecting},
        ),
        status=422 if problem else 200,
    )
