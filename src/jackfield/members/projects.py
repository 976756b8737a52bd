"""Projects that members make."""

from typing import TYPE_CHECKING, Final

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Conflict, InvalidRequest
from jackfield.kit.ids import ProjectId
from jackfield.members.models import Member, Role
from jackfield.members.repo import Memberships
from jackfield.projects.models import Project, ProjectNotFound
from jackfield.projects.repo import Projects, find_project

if TYPE_CHECKING:
    from jackfield.runtime import Hub

LONGEST_NAME: Final = 100


class ProjectExists(Conflict):
    """There is a project with this name already."""

    code = "project_exists"


async def create_project(hub: "Hub", name: str, actor: Actor, *, owner: Member | None) -> Project:
    """
    Create a project, with a member as its owner if there is one.

    Raises:
        InvalidRequest: the name cannot be used.
        ProjectExists: it is taken.
    """
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        msg = f"give the project a name of up to {LONGEST_NAME} characters"
        raise InvalidRequest(msg)
    if await find_project(hub.db, name) is not None:
        raise ProjectExists
    async with hub.db.write(ProjectId.new(hub.clock()), actor) as tx:
        await Projects(tx).add(name)
        try:
            project = await Projects(tx).get()
        except ProjectNotFound:
            # Another process was quicker.
            raise ProjectExists from None
        await record(tx, AuditKind.PROJECT_CREATED, project.id, after={"name": name})
        if owner is not None:
            await Memberships(tx).put(owner.id, Role.OWNER, is_from_sso=False)
    return project
