"""Repository of connector profiles."""

from dataclasses import asdict
from datetime import datetime
from typing import LiteralString

from jackfield.db.columns import columns_of
from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.ids import ProfileId, ProjectId
from jackfield.kit.json import Json, convert, encode, parse
from jackfield.profiles.models import Profile, ProfileNotFound, ProfilePage

_JSON_COLUMNS = ("setup", "allowed_actions")
_COLUMNS = columns_of(Profile)


class Profiles:
    """The connector profiles of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def get(self, profile_id: str) -> Profile:
        """
        Return one profile; `profile_id` is unchecked input.

        Raises:
            ProfileNotFound: the project has none with this id.
        """
        row = await self._tx.one(
            f"""
            select {_COLUMNS}
              from connector_profiles
             where project_id = :project_id and id = :id and deleted_at is null
            """,  # noqa: S608 - columns of ours
            id=profile_id,
        )
        if row is None:
            raise ProfileNotFound(profile_id=profile_id)
        return _profile(row)

    async def get_default(self, connector_key: str) -> Profile:
        profile = await self.find_default(connector_key)
        if profile is None:
            msg = f"the project has no connector profile for {connector_key!r} yet; create one"
            raise ProfileNotFound(msg, connector_key=connector_key)
        return profile

    async def find_default(self, connector_key: str) -> Profile | None:
        row = await self._tx.one(
            f"""
            select {_COLUMNS}
              from connector_profiles
             where project_id = :project_id and connector_key = :connector_key
               and is_default and deleted_at is null
            """,  # noqa: S608 - columns of ours
            connector_key=connector_key,
        )
        return None if row is None else _profile(row)

    async def active(self) -> list[Profile]:
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from connector_profiles
             where project_id = :project_id and active and deleted_at is null
             order by connector_key, is_default desc, id
            """  # noqa: S608 - columns of ours
        )
        return [_profile(row) for row in rows]

    async def page(self, page: ProfilePage) -> list[Profile]:
        """Return one page, by connector, the default profile first."""
        where, values = _conditions(page)
        rows = await self._tx.all(
            f"""
            select {_COLUMNS}
              from connector_profiles
             where project_id = :project_id and deleted_at is null {where}
             order by connector_key, is_default desc, id
             limit :limit offset :offset
            """,  # noqa: S608 - `where` is made of literals
            limit=page.size,
            offset=(page.number - 1) * page.size,
            **values,
        )
        return [_profile(row) for row in rows]

    async def count(self, page: ProfilePage) -> int:
        """Return the number of profiles on all pages."""
        where, values = _conditions(page)
        row = await self._tx.one(
            f"""
            select count(*) as total
              from connector_profiles
             where project_id = :project_id and deleted_at is null {where}
            """,  # noqa: S608 - `where` is made of literals
            **values,
        )
        return 0 if row is None else row["total"]

    async def known_connectors(self) -> set[str]:
        """Return the connectors that have, or ever had, a profile in the project."""
        rows = await self._tx.all(
            "select distinct connector_key from connector_profiles where project_id = :project_id"
        )
        return {row["connector_key"] for row in rows}

    async def add(self, profile: Profile) -> bool:
        """Store a new profile and return true, unless it would be a second default."""
        row = await self._tx.one(
            """
            insert into connector_profiles
                   (id, project_id, connector_key, auth_method, name, active, is_default,
                    environment, setup, generation, allowed_actions, pinned_version,
                    created_at, updated_at)
            values (:id, :project_id, :connector_key, :auth_method, :name, :active, :is_default,
                    :environment, :setup, :generation, :allowed_actions, :pinned_version,
                    :created_at, :updated_at)
                on conflict do nothing
            returning id
            """,
            **_columns(profile),
        )
        return row is not None

    async def seen_versions(self) -> dict[str, str | None]:
        """Return the version of each connector that was seen last; `None` if none was."""
        rows = await self._tx.all(
            """
            select connector_key, min(seen_version) as version
              from connector_profiles
             where project_id = :project_id and deleted_at is null
             group by connector_key
            """
        )
        return {row["connector_key"]: row["version"] for row in rows}

    async def see_version(self, connector_key: str, version: str) -> bool:
        """Store the version of a connector, and return whether it differs from the one before."""
        rows = await self._tx.all(
            """
            update connector_profiles
               set seen_version = :version
             where project_id = :project_id and connector_key = :connector_key
               and deleted_at is null
               and (seen_version is null or seen_version <> :version)
            returning id
            """,
            connector_key=connector_key,
            version=version,
        )
        return bool(rows)

    async def save(self, profile: Profile) -> None:
        await self._tx.run(
            """
            update connector_profiles
               set name = :name,
                   active = :active,
                   is_default = :is_default,
                   environment = :environment,
                   setup = :setup,
                   generation = :generation,
                   allowed_actions = :allowed_actions,
                   pinned_version = :pinned_version,
                   client_refused_at = :client_refused_at,
                   updated_at = :updated_at
             where project_id = :project_id and id = :id
            """,
            **_columns(profile),
        )
        await self._tx.touch()

    async def note_client(self, profile_id: ProfileId, refused_at: datetime | None) -> None:
        """Note that a provider refuses the OAuth app of a profile, or takes it again."""
        await self._tx.run(
            """
            update connector_profiles
               set client_refused_at = :refused_at
             where project_id = :project_id and id = :id
            """,
            id=profile_id,
            refused_at=refused_at,
        )
        await self._tx.touch()

    async def clear_default(self, connector_key: str) -> None:
        """Leave a connector without a default profile."""
        await self._tx.run(
            """
            update connector_profiles
               set is_default = false
             where project_id = :project_id and connector_key = :connector_key and is_default
            """,
            connector_key=connector_key,
        )

    async def choose_default(self, connector_key: str) -> None:
        """Make the oldest profile of a connector the default, active ones first."""
        await self._tx.run(
            """
            update connector_profiles
               set is_default = true
             where project_id = :project_id
               and id = (select id
                           from connector_profiles
                          where project_id = :project_id and connector_key = :connector_key
                            and deleted_at is null
                          order by active desc, id
                          limit 1)
            """,
            connector_key=connector_key,
        )

    async def remove(self, profile_id: ProfileId) -> None:
        await self._tx.run(
            """
            update connector_profiles
               set deleted_at = :now, active = false, is_default = false
             where project_id = :project_id and id = :id
            """,
            id=profile_id,
        )
        await self._tx.touch()


async def find_profile(db: Database, profile_id: str) -> tuple[ProjectId, Profile] | None:
    """Look a profile up in every project: its provider sends something to its address."""
    rows = await db.unscoped(
        f"""
        select {_COLUMNS}, project_id
          from connector_profiles
         where id = :id and deleted_at is null
        """,  # noqa: S608 - columns of ours
        id=profile_id,
    )
    return (ProjectId(rows[0]["project_id"]), _profile(rows[0])) if rows else None


def _conditions(page: ProfilePage) -> tuple[LiteralString, dict[str, object]]:
    where: LiteralString = ""
    values: dict[str, object] = {}
    if page.connector_key is not None:
        where += " and connector_key = :connector_key"
        values["connector_key"] = page.connector_key
    if page.active is not None:
        where += " and active" if page.active else " and not active"
    return where, values


def _profile(row: Row) -> Profile:
    parsed: dict[str, Json] = {name: parse(row[name] or "null") for name in _JSON_COLUMNS}
    return convert({**row, **parsed}, Profile)


def _columns(profile: Profile) -> dict[str, object]:
    columns: dict[str, object] = asdict(profile)
    allowed = columns["allowed_actions"]
    return columns | {
        "setup": encode(columns["setup"]).decode(),
        "allowed_actions": None if allowed is None else encode(allowed).decode(),
    }
