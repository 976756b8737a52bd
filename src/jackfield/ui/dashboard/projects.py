"""`/dashboard/projects`: the member's projects, to switch to; owners make, rename and delete them."""

from dataclasses import dataclass
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError, InvalidRequest
from jackfield.kit.ids import ProjectId
from jackfield.members import projects as members_projects
from jackfield.members.models import ProjectChoice, Role, RoleTooLow
from jackfield.members.project_deletion import service as deletion
from jackfield.members.project_deletion.models import Contents
from jackfield.members.project_deletion.repo import Deletion
from jackfield.members.repo import projects_of
from jackfield.members.sessions import service as sessions
from jackfield.profiles import service as profiles
from jackfield.projects import service as projects
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.sign_in import member_token, who_of
from jackfield.ui.dashboard.sign_in_pages import sentence
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectsPage:
    template: ClassVar[str] = "dashboard/projects.html"

    layout: Layout
    projects: tuple[ProjectChoice, ...]
    is_owner: bool
    # Whether a member is signed in, who can become the owner of a new project.
    is_member: bool
    name: str
    # What goes with the present project, for its owner.
    contents: Contents | None
    problem: str | None


async def list_projects(request: Request, project: Project) -> Response:
    return await _projects_page(request, project)


async def create_project(request: Request, project: Project) -> Response:
    """Make a project whose owner is the member, and switch to it."""
    hub, who, token = hub_of(request), who_of(request), member_token(request)
    name = (await read_form(request)).fields().get("name", "")
    if who.member is None or token is None:
        msg = "Sign in as a member to make a project, or use `jackfield projects create`."
        return refused(request, project, RoleTooLow(msg))
    try:
        made = await members_projects.create_project(hub, name, who.actor, owner=who.member)
    except HubError as error:
        return await _projects_page(request, project, name=name, error=error)
    await profiles.ensure_defaults(hub, made.id, who.actor)
    await sessions.switch_project(hub, token, who.member, made.id)
    return RedirectResponse(f"{base_path(hub)}/dashboard", 303)


async def rename_project(request: Request, project: Project) -> Response:
    """Change what people call the present project; commands go on with its first name."""
    hub, actor = hub_of(request), who_of(request).actor
    title = (await read_form(request)).fields().get("title", "").strip()
    longest = members_projects.LONGEST_NAME
    if not title or len(title) > longest or not title.isprintable():
        msg = f"give the project a name of up to {longest} characters"
        return await _projects_page(request, project, error=InvalidRequest(msg))
    async with hub.db.write(project.id, actor) as tx:
        await projects.change_settings(tx, {"name": title})
    return RedirectResponse(f"{base_path(hub)}/dashboard/projects", 303)


async def delete_project(request: Request, project: Project) -> Response:
    """Cut the present project off, and go on in another one; a background job empties it."""
    hub, who, token = hub_of(request), who_of(request), member_token(request)
    typed = (await read_form(request)).fields().get("name", "").strip()
    if typed != project.name:
        msg = f"type the name of the project to delete it, as commands know it: {project.name}"
        return await _projects_page(request, project, error=InvalidRequest(msg))
    try:
        await deletion.look_at(hub, project.name)
        if who.member is not None and token is not None:
            for each in await projects_of(hub.db, who.member.id):
                if each.id != project.id:
                    # Or their session ended with those of the project.
                    await sessions.switch_project(hub, token, who.member, each.id)
                    break
        await deletion.cut_off(hub, project, who.actor)
    except HubError as error:
        return await _projects_page(request, project, error=error)
    return RedirectResponse(f"{base_path(hub)}/dashboard/projects", 303)


async def switch_project(request: Request, project: Project) -> Response:
    """Go on in another project of the member."""
    hub, who, token = hub_of(request), who_of(request), member_token(request)
    wanted = ProjectId((await read_form(request)).fields().get("id", ""))
    if who.member is not None and token is not None:
        try:
            await sessions.switch_project(hub, token, who.member, wanted)
        except HubError as error:
            return refused(request, project, error)
    return RedirectResponse(f"{base_path(hub)}/dashboard", 303)


async def _projects_page(
    request: Request, project: Project, *, name: str = "", error: HubError | None = None
) -> Response:
    layout, who, contents = Layout.of(request, project), who_of(request), None
    if who.role == Role.OWNER:
        async with hub_of(request).db.read(project.id) as tx:
            contents = await Deletion(tx).contents()
    return page(
        request,
        ProjectsPage(
            layout=layout,
            projects=tuple(layout.choices),
            is_owner=who.role == Role.OWNER,
            is_member=who.member is not None,
            name=name,
            contents=contents,
            problem=None if error is None else sentence(error),
        ),
        status=200 if error is None else error.status,
    )
