"""Where connector profiles are kept."""

from dataclasses import asdict

from jackfield.db.tx import Tx
from jackfield.kit.ids import ProfileId
from jackfield.kit.json import convert
from jackfield.profiles.models import Profile, ProfileNotFound


class Profiles:
    """The connector profiles of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def get(self, profile_id: ProfileId) -> Profile:
        row = await self._tx.one(
            """
            select id, connector_key, auth_method, name, active, is_default, created_at, updated_at
              from connector_profiles
             where project_id = :project_id and id = :id and deleted_at is null
            """,
            id=profile_id,
        )
        if row is None:
            raise ProfileNotFound(profile_id=profile_id)
        return convert(row, Profile)

    async def get_default(self, connector_key: str) -> Profile:
        row = await self._tx.one(
            """
            select id, connector_key, auth_method, name, active, is_default, created_at, updated_at
              from connector_profiles
             where project_id = :project_id and connector_key = :connector_key
               and is_default and deleted_at is null
            """,
            connector_key=connector_key,
        )
        if row is None:
            msg = f"the project has no connector profile for {connector_key!r} yet; create one"
            raise ProfileNotFound(msg, connector_key=connector_key)
        return convert(row, Profile)

    async def active(self) -> list[Profile]:
        rows = await self._tx.all(
            """
            select id, connector_key, auth_method, name, active, is_default, created_at, updated_at
              from connector_profiles
             where project_id = :project_id and active and deleted_at is null
             order by connector_key, is_default desc, id
            """
        )
        return [convert(row, Profile) for row in rows]

    async def known_connectors(self) -> set[str]:
        """Return the connectors that have, or ever had, a profile in the project."""
        rows = await self._tx.all(
            "select distinct connector_key from connector_profiles where project_id = :project_id"
        )
        return {row["connector_key"] for row in rows}

    async def add(self, profile: Profile) -> None:
        await self._tx.run(
            """
            insert into connector_profiles
                   (id, project_id, connector_key, auth_method, name, active, is_default,
                    created_at, updated_at)
            values (:id, :project_id, :connector_key, :auth_method, :name, :active, :is_default,
                    :created_at, :updated_at)
                on conflict do nothing
            """,
            **asdict(profile),
        )
