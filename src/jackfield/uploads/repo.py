"""Repository of uploaded connectors, of their versions, and of the files of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Final

from jackfield.db.columns import columns_of
from jackfield.db.tx import Database, Tx
from jackfield.kit.alphabet import alphabetical
from jackfield.kit.ids import ConnectorVersionId, ProjectId
from jackfield.kit.json import convert
from jackfield.uploads.models import ConnectorVersion, UploadNotFound, VersionState

_VERSION: Final = columns_of(ConnectorVersion)


class Uploads:
    """The connectors that the transaction's project uploaded."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def claim(self, key: str) -> bool:
        """
        Make a key the project's, and return whether it is: another's stays another's.

        So does one of a connector that was in a folder, if other projects still have accounts or
        profiles of it: their secrets are not for whoever takes its key.
        """
        if not await self.owns(key) and await self._is_left_elsewhere(key):
            return False
        await self._tx.run(
            """
            insert into uploaded_connectors (key, project_id, created_at)
            values (:key, :project_id, :now)
                on conflict do nothing
            """,
            key=key,
        )
        return await self.owns(key)

    async def owns(self, key: str) -> bool:
        row = await self._tx.one(
            "select key from uploaded_connectors where project_id = :project_id and key = :key",
            key=key,
        )
        return row is not None

    async def _is_left_elsewhere(self, key: str) -> bool:
        row = await self._tx.one(
            """
            select id
              from connector_profiles
             where project_id <> :project_id and connector_key = :key and deleted_at is null
            union all
            select id
              from accounts
             where project_id <> :project_id and provider = :key
             limit 1
            """,
            key=key,
        )
        return row is not None

    async def running(self, key: str) -> str | None:
        """
        Return the id of the version that runs, if there is one.

        Raises:
            UploadNotFound: the project has not uploaded this connector.
        """
        row = await self._tx.one(
            """
            select running_id
              from uploaded_connectors
             where project_id = :project_id and key = :key
            """,
            key=key,
        )
        if row is None:
            raise UploadNotFound
        return row["running_id"]

    async def release(self, key: str) -> None:
        """Give a key back of which there is no version."""
        await self._tx.run(
            """
            delete from uploaded_connectors
             where project_id = :project_id and key = :key
               and not exists (select 1 from connector_versions version
                                where version.key = uploaded_connectors.key)
            """,
            key=key,
        )

    async def used(self) -> tuple[int, int]:
        """Return how many connectors the project has uploaded, and the bytes of all versions."""
        row = await self._tx.one(
            """
            select count(distinct key) as connectors, coalesce(sum(size), 0) as bytes
              from connector_versions
             where project_id = :project_id
            """
        )
        return (0, 0) if row is None else (row["connectors"], int(row["bytes"]))

    async def all(self) -> list[ConnectorVersion]:
        """Return every version of every connector, the newest of each first."""
        rows = await self._tx.all(
            f"""
            select {_VERSION}
              from connector_versions
             where project_id = :project_id
             order by id desc
            """  # noqa: S608 - columns of ours
        )
        versions = [convert(row, ConnectorVersion) for row in rows]
        return sorted(versions, key=lambda version: alphabetical(version.key))

    async def versions(self, key: str) -> list[ConnectorVersion]:
        """
        Return the versions of a connector, the newest first.

        Raises:
            UploadNotFound: the project has not uploaded it.
        """
        rows = await self._tx.all(
            f"""
            select {_VERSION}
              from connector_versions
             where project_id = :project_id and key = :key
             order by id desc
            """,  # noqa: S608 - columns of ours
            key=key,
        )
        if not rows and not await self.owns(key):
            raise UploadNotFound
        return [convert(row, ConnectorVersion) for row in rows]

    async def get(self, key: str, version_id: str) -> ConnectorVersion:
        """
        Return one version of a connector; `version_id` is unchecked input.

        Raises:
            UploadNotFound: the project has no such version.
        """
        row = await self._tx.one(
            f"""
            select {_VERSION}
              from connector_versions
             where project_id = :project_id and key = :key and id = :id
            """,  # noqa: S608 - columns of ours
            key=key,
            id=version_id,
        )
        if row is None:
            raise UploadNotFound
        return convert(row, ConnectorVersion)

    async def files(self, version_id: ConnectorVersionId) -> dict[str, bytes]:
        rows = await self._tx.all(
            """
            select name, content
              from connector_files
             where project_id = :project_id and version_id = :id
             order by name
            """,
            id=version_id,
        )
        return {row["name"]: row["content"] for row in rows}

    async def keep_draft(self, draft: ConnectorVersion, files: Mapping[str, bytes]) -> None:
        """Store a draft in place of the one that was there."""
        await self.drop_draft(draft.key)
        await self._tx.run(
            """
            insert into connector_versions
                   (id, project_id, key, version, state, files, size, errors, uploaded_by,
                    uploaded_at, published_by, published_at)
            values (:id, :project_id, :key, :version, :state, :files, :size, :errors, :uploaded_by,
                    :uploaded_at, :published_by, :published_at)
            """,
            **asdict(draft),
        )
        await self._tx.executemany(
            """
            insert into connector_files (version_id, name, project_id, content)
            values (:version_id, :name, :project_id, :content)
            """,
            [
                {"version_id": draft.id, "name": name, "content": content}
                for name, content in files.items()
            ],
        )

    async def drop_draft(self, key: str) -> bool:
        """Delete the draft of a connector, and return whether there was one."""
        row = await self._tx.one(
            """
            select id
              from connector_versions
             where project_id = :project_id and key = :key and state = 'draft'
            """,
            key=key,
        )
        if row is not None:
            await self.drop([row["id"]])
        return row is not None

    async def drop(self, version_ids: Sequence[str]) -> None:
        await self._tx.run(
            "delete from connector_files where project_id = :project_id and version_id in (:ids)",
            ids=version_ids,
        )
        await self._tx.run(
            "delete from connector_versions where project_id = :project_id and id in (:ids)",
            ids=version_ids,
        )

    async def withdraw(self, key: str) -> None:
        """Delete every version of a connector; its key stays the project's."""
        await self._tx.run(
            """
            update uploaded_connectors
               set running_id = null
             where project_id = :project_id and key = :key
            """,
            key=key,
        )
        await self._tx.run(
            """
            delete from connector_files
             where project_id = :project_id
               and version_id in (select id
                                    from connector_versions
                                   where project_id = :project_id and key = :key)
            """,
            key=key,
        )
        await self._tx.run(
            "delete from connector_versions where project_id = :project_id and key = :key",
            key=key,
        )

    async def surplus(self, key: str, *, most: int) -> list[str]:
        """Return the oldest retired versions beyond `most` that no profile is pinned to."""
        rows = await self._tx.all(
            """
            select id, state,
                   exists (select 1
                             from connector_profiles profile
                            where profile.connector_key = version.key
                              and profile.pinned_version = version.version
                              and profile.deleted_at is null) as pinned
              from connector_versions version
             where project_id = :project_id and key = :key and state <> 'draft'
             order by published_at desc, id desc
            """,
            key=key,
        )
        return [
            row["id"]
            for row in rows[most:]
            if row["state"] == VersionState.RETIRED and not row["pinned"]
        ]

    async def publish(self, key: str, version_id: ConnectorVersionId) -> None:
        """Let a version run, and retire the one that did."""
        await self._tx.run(
            """
            update connector_versions
               set state = 'retired'
             where project_id = :project_id and key = :key and state = 'published'
            """,
            key=key,
        )
        await self._tx.run(
            """
            update connector_versions
               set state = 'published', published_at = :now, published_by = :by
             where project_id = :project_id and key = :key and id = :id
            """,
            key=key,
            id=version_id,
            by=str(self._tx.actor),
        )
        await self._tx.run(
            """
            update uploaded_connectors
               set running_id = :id
             where project_id = :project_id and key = :key
            """,
            key=key,
            id=version_id,
        )


async def followers(db: Database, key: str) -> list[ProjectId]:
    """Return the projects that follow a connector to whichever version is published."""
    rows = await db.unscoped(
        """
        select distinct project_id
          from connector_profiles
         where connector_key = :key and pinned_version is null and deleted_at is null
        """,
        key=key,
    )
    return [ProjectId(row["project_id"]) for row in rows]


async def has_accounts(db: Database, key: str) -> bool:
    """Return whether any project has accounts of a connector."""
    return bool(await db.unscoped("select id from accounts where provider = :key limit 1", key=key))


async def find_used(db: Database) -> dict[str, bool]:
    """Return the ids of the versions that are used in any project, and whether each runs."""
    rows = await db.unscoped(
        """
        select version.id, version.state
          from connector_versions version
         where version.state = 'published'
            or (version.state = 'retired'
                and exists (select 1
                              from connector_profiles profile
                             where profile.connector_key = version.key
                               and profile.pinned_version = version.version
                               and profile.deleted_at is null))
        """
    )
    return {row["id"]: row["state"] == VersionState.PUBLISHED for row in rows}


async def find_names(db: Database) -> dict[str, tuple[str, ...]]:
    """Return the published and retired versions of every connector, the newest first."""
    rows = await db.unscoped(
        """
        select key, version
          from connector_versions
         where state <> 'draft'
         order by published_at desc, id desc
        """
    )
    names: dict[str, tuple[str, ...]] = {}
    for row in rows:
        names[row["key"]] = (*names.get(row["key"], ()), row["version"])
    return names


async def read_versions(
    db: Database, version_ids: Iterable[str]
) -> list[tuple[ConnectorVersion, str, dict[str, bytes]]]:
    """Return versions with the project that each belongs to, and its files."""
    found: list[tuple[ConnectorVersion, str, dict[str, bytes]]] = []
    for version_id in version_ids:
        rows = await db.unscoped(
            f"select {_VERSION}, project_id from connector_versions where id = :id",  # noqa: S608
            id=version_id,
        )
        files = await db.unscoped(
            "select name, content from connector_files where version_id = :id order by name",
            id=version_id,
        )
        if rows:
            content = {each["name"]: each["content"] for each in files}
            found.append((convert(rows[0], ConnectorVersion), rows[0]["project_id"], content))
    return found
