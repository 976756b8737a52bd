"""Deletions of projects that were begun on a page, or cut off: they are finished."""

from typing import Final

from jackfield.kit.actor import Actor
from jackfield.members.project_deletion import service
from jackfield.members.project_deletion.repo import unfinished
from jackfield.runtime import Hub

ACTOR: Final = Actor.worker("project_deletions")


async def finish(hub: Hub) -> None:
    """Finish each deletion that has begun. Others may do the same meanwhile."""
    for project in await unfinished(hub.db):
        await service.finish(hub, project, ACTOR)
