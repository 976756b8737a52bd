"""`/dashboard/views`: saved views of the Accounts and Logs pages, in the side bar."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.projects.models import Project
from jackfield.projects.saved_views.models import ViewPage
from jackfield.projects.saved_views.repo import SavedViews
from jackfield.ui.dashboard.layout import refused
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of

_PATHS: Final = {ViewPage.ACCOUNTS: "/dashboard", ViewPage.LOGS: "/dashboard/logs"}


async def load_views(request: Request, project: Project, page: ViewPage, query: str) -> None:
    """Let the side bar show the saved views of a page that shows `query`."""
    async with hub_of(request).db.read(project.id) as tx:
        request.state.views = {page.value: await SavedViews(tx).of(page)}
    request.state.view_query = query


async def save_view(request: Request, project: Project) -> Response:
    form, actor = (await read_form(request)).fields(), actor_of(request)
    page = next((each for each in ViewPage if each == form.get("page")), None)
    if page is None:
        raise HTTPException(404)
    query, name = form.get("query", ""), form.get("name", "")
    if name:
        try:
            async with hub_of(request).db.write(project.id, actor) as tx:
                await SavedViews(tx).save(page, name, query)
        except HubError as error:
            return refused(request, project, error)
    return _back(request, page, query)


async def delete_view(request: Request, project: Project) -> Response:
    actor = actor_of(request)
    try:
        async with hub_of(request).db.write(project.id, actor) as tx:
            page = await SavedViews(tx).remove(request.path_params["view_id"])
    except HubError as error:
        return refused(request, project, error)
    return _back(request, page, "")


def _back(request: Request, page: ViewPage, query: str) -> Response:
    where = f"{base_path(hub_of(request))}{_PATHS[page]}"
    return RedirectResponse(f"{where}?{query}" if query else where, 303)
