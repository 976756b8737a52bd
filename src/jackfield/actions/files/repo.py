"""Repository of files that wait to be downloaded."""

from datetime import datetime

from jackfield.actions.files.models import FileToken
from jackfield.db.tx import Database, Tx
from jackfield.engine.run_context import File


class Files:
    """The files of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, token: FileToken, file: File, *, expires_at: datetime) -> None:
        await self._tx.run(
            """
            insert into files (digest, project_id, name, content_type, size, content, expires_at)
            values (:digest, :project_id, :name, :content_type, :size, :content, :expires_at)
            """,
            digest=token.digest(),
            name=file.name or "file",
            content_type=file.content_type,
            size=len(file.content),
            content=file.content,
            expires_at=expires_at,
        )

    async def prune(self) -> None:
        """Remove expired files."""
        await self._tx.run(
            "delete from files where project_id = :project_id and expires_at <= :now"
        )

    async def size(self) -> int:
        """Return the size of all files in bytes."""
        row = await self._tx.one(
            "select coalesce(sum(size), 0) as total from files where project_id = :project_id"
        )
        return 0 if row is None else int(row["total"])


async def find_file(db: Database, token: FileToken) -> File | None:
    """Look a file up by its token, which is all that its bearer has: in any project."""
    rows = await db.unscoped(
        "select name, content_type, content from files where digest = :digest and expires_at > :now",
        digest=token.digest(),
    )
    if not rows:
        return None
    return File(bytes(rows[0]["content"]), rows[0]["content_type"], rows[0]["name"])
