"""Links to files: unguessable, short-lived, followed without an API key."""

from datetime import timedelta
from typing import Final

from jackfield.actions.files.models import FileLink, FileNotFound, FileNotLinkable, FileToken
from jackfield.actions.files.repo import Files, find_file
from jackfield.engine.run_context import File
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.runtime import Hub

PATH: Final = "/jackfield/files"
_LIFETIME: Final = timedelta(minutes=15)
# For all files of one project.
_MOST_BYTES: Final = 512 * 1024 * 1024


async def link(hub: Hub, project_id: ProjectId, actor: Actor, file: File) -> FileLink:
    """
    Store a file for 15 minutes, and return a link to it.

    Raises:
        FileNotLinkable: the project's files are too large.
    """
    token = FileToken.mint()
    async with hub.db.write(project_id, actor) as tx:
        await Files(tx).prune()
        if await Files(tx).size() + len(file.content) > _MOST_BYTES:
            raise FileNotLinkable
        expires_at = tx.now + _LIFETIME
        await Files(tx).add(token, file, expires_at=expires_at)
    return FileLink(f"{hub.public_url}{PATH}/{token.reveal()}", expires_at, file)


async def fetch(hub: Hub, token: FileToken) -> File:
    """
    Return the file of a link.

    Raises:
        FileNotFound: the link does not exist, or has expired.
    """
    file = await find_file(hub.db, token)
    if file is None:
        raise FileNotFound
    return file
