"""Chains of the audit log by the name or the id of their project, which may be deleted."""

from dataclasses import dataclass

from jackfield.audit.models import INSTALLATION
from jackfield.audit.repo import all_chains
from jackfield.db.tx import Database
from jackfield.kit.ids import InvalidId, ProjectId
from jackfield.members.project_deletion.models import ProjectAmbiguous
from jackfield.members.project_deletion.repo import Deletion, find_project
from jackfield.projects.models import ProjectNotFound


@dataclass(frozen=True, slots=True)
class FoundChain:
    """A project's chain; `namesakes` were called so before, and are deleted."""

    project_id: ProjectId
    namesakes: tuple[ProjectId, ...] = ()


async def find_chain(db: Database, named: str) -> FoundChain:
    """
    Return the chain of a project: of the one that is called so, or that was, or has this id.

    Raises:
        ProjectNotFound: there is none, and none was deleted.
        ProjectAmbiguous: several of that name were deleted, and there is none now.
    """
    # Before the names: a project may be called by the id of another, whose log it would hide.
    if _is_id(named) and named in await all_chains(db):
        return FoundChain(ProjectId(named))
    async with db.read(INSTALLATION) as tx:
        deleted = await Deletion(tx).deleted_called(named)
    found = await find_project(db, named)
    if found is not None:
        # Its own deletion may have begun.
        project_id = found[0].id
        return FoundChain(project_id, tuple(each for each in deleted if each != project_id))
    if len(deleted) > 1:
        listed = ", ".join(f"{each} (deleted {at:%Y-%m-%d %H:%M})" for each, at in deleted.items())
        msg = f"several projects called {named!r} were deleted: {listed}; name one by its id"
        raise ProjectAmbiguous(msg)
    if deleted:
        return FoundChain(next(iter(deleted)))
    if named in await all_chains(db):
        return FoundChain(ProjectId(named))
    msg = (
        f"there is no project called {named!r}, or with this id, and the audit log knows of none "
        "that was deleted"
    )
    raise ProjectNotFound(msg)


def _is_id(named: str) -> bool:
    try:
        ProjectId.parse(named)
    except InvalidId:
        return False
    return True
