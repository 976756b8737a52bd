"""Repositories of projects, their API keys and dashboard sessions; tokens are digests."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Final

from jackfield.db.tx import Database, Row, Tx
from jackfield.db.write_buffer import WriteBuffer
from jackfield.kit.ids import ApiKeyId, ProjectId
from jackfield.kit.json import Json, convert, decode, encode, parse
from jackfield.projects.key_limits import DEEPEST, KeyLimits, Narrowing
from jackfield.projects.models import (
    NARROWED_SCOPES,
    ApiKey,
    ApiKeyNotFound,
    ApiKeyToken,
    Caller,
    DashboardToken,
    KeyUse,
    Project,
    ProjectNotFound,
    Scope,
    SignInToken,
    with_included,
)
from jackfield.projects.settings import ProjectSettings

# What a key's row has, where its use and its calls are joined to it.
API_KEY_COLUMNS: Final = """\
api_keys.id, name, scopes, created_at, revoked_at, disabled_at, expires_at, created_by,
                   used_at, user_agent, address, api_keys.parent_id, limits,
                   api_key_calls.used as calls_used"""


class Projects:
    """The transaction's project itself."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, name: str) -> bool:
        """Add the project, unless one of that name exists; return whether it was added."""
        row = await self._tx.one(
            """
            insert into projects (id, name, created_at)
            values (:project_id, :name, :now)
                on conflict (name) do nothing
            returning id
            """,
            name=name,
        )
        return row is not None

    async def get(self) -> Project:
        row = await self._tx.one("select id, name, created_at from projects where id = :project_id")
        if row is None:
            raise ProjectNotFound
        return convert(row, Project)

    async def settings(self) -> ProjectSettings:
        row = await self._tx.one("select name, settings from projects where id = :project_id")
        if row is None:
            raise ProjectNotFound
        stored: dict[str, Json] = parse(row["settings"])
        return convert({"name": row["name"], **stored}, ProjectSettings)

    async def save_settings(self, settings: ProjectSettings) -> None:
        await self._tx.run(
            "update projects set settings = :settings where id = :project_id",
            settings=encode(asdict(settings)).decode(),
        )


class ApiKeys:
    """The API keys of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(
        self,
        key_id: ApiKeyId,
        token: ApiKeyToken,
        *,
        name: str,
        scopes: Iterable[Scope],
        expires_at: datetime | None,
    ) -> None:
        await self._tx.run(
            """
            insert into api_keys
                   (id, project_id, name, digest, scopes, created_at, created_by, expires_at)
            values (:id, :project_id, :name, :digest, :scopes, :now, :created_by, :expires_at)
            """,
            id=key_id,
            name=name,
            digest=token.digest(),
            scopes=" ".join(sorted(scopes)),
            created_by=str(self._tx.actor),
            expires_at=expires_at,
        )

    async def all(self) -> list[ApiKey]:
        rows = await self._tx.all(
            f"""
            select {API_KEY_COLUMNS}
              from api_keys
              left join api_key_uses on api_key_uses.key_id = api_keys.id
              left join api_key_calls on api_key_calls.key_id = api_keys.id
             where api_keys.project_id = :project_id
             order by id
            """  # noqa: S608 - columns of ours
        )
        return [api_key_of(row) for row in rows]

    async def disable(self, key_id: ApiKeyId) -> None:
        row = await self._tx.one(
            """
            update api_keys
               set disabled_at = coalesce(disabled_at, :now)
             where project_id = :project_id and id = :id and revoked_at is null
            returning id
            """,
            id=key_id,
        )
        await self._changed(row, key_id)

    async def enable(self, key_id: ApiKeyId) -> None:
        row = await self._tx.one(
            """
            update api_keys
               set disabled_at = null
             where project_id = :project_id and id = :id and revoked_at is null
            returning id
            """,
            id=key_id,
        )
        await self._changed(row, key_id)

    async def revoke(self, key_id: ApiKeyId) -> None:
        row = await self._tx.one(
            """
            update api_keys
               set revoked_at = coalesce(revoked_at, :now)
             where project_id = :project_id and id = :id
            returning id
            """,
            id=key_id,
        )
        await self._changed(row, key_id)

    async def _changed(self, row: Row | None, key_id: ApiKeyId) -> None:
        if row is None:
            raise ApiKeyNotFound(key_id=key_id)
        await self._tx.touch()


class SignIns:
    """Sign-in links and dashboard sessions of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add_link(self, token: SignInToken, expires_at: datetime) -> None:
        await self._tx.run(
            """
            insert into sign_in_links (digest, project_id, expires_at)
            values (:digest, :project_id, :expires_at)
            """,
            digest=token.digest(),
            expires_at=expires_at,
        )

    async def has_link(self, token: SignInToken) -> bool:
        """Tell whether a link can still be used."""
        row = await self._tx.one(
            """
            select digest
              from sign_in_links
             where project_id = :project_id and digest = :digest
               and used_at is null and expires_at > :now
            """,
            digest=token.digest(),
        )
        return row is not None

    async def use_link(self, token: SignInToken) -> bool:
        """Mark a link as used; return false if it was used already or has expired."""
        row = await self._tx.one(
            """
            update sign_in_links
               set used_at = :now
             where project_id = :project_id and digest = :digest
               and used_at is null and expires_at > :now
            returning digest
            """,
            digest=token.digest(),
        )
        return row is not None

    async def add_session(self, token: DashboardToken, expires_at: datetime) -> None:
        await self._tx.run(
            """
            insert into dashboard_sessions (digest, project_id, created_at, expires_at)
            values (:digest, :project_id, :now, :expires_at)
            """,
            digest=token.digest(),
            expires_at=expires_at,
        )

    async def remove_session(self, token: DashboardToken) -> None:
        await self._tx.run(
            "delete from dashboard_sessions where project_id = :project_id and digest = :digest",
            digest=token.digest(),
        )

    async def clear(self) -> None:
        """Remove every link and session."""
        await self._tx.run("delete from sign_in_links where project_id = :project_id")
        await self._tx.run("delete from dashboard_sessions where project_id = :project_id")


async def find_project(db: Database, name: str) -> Project | None:
    """Return the project called `name`, unless it is being deleted."""
    rows = await db.unscoped(
        "select id, name, created_at from projects where name = :name and deleted_at is null",
        name=name,
    )
    return convert(rows[0], Project) if rows else None


async def all_projects(db: Database) -> list[Project]:
    """Return all projects but those that are being deleted."""
    rows = await db.unscoped(
        "select id, name, created_at from projects where deleted_at is null order by id"
    )
    return [convert(row, Project) for row in rows]


async def find_caller(db: Database, token: ApiKeyToken) -> Caller | None:
    """
    Look `token` up among the keys of every project: the project is not known before.

    A narrowed key works as long as all do that it comes from.
    """
    rows = await db.unscoped(
        """
        with recursive chain (id, parent_id, depth) as (
          select id, parent_id, 0 from api_keys where digest = :digest
           union all
          select api_keys.id, api_keys.parent_id, chain.depth + 1
            from chain
            join api_keys on api_keys.id = chain.parent_id
           where chain.depth < :deepest
        )
        select api_keys.id, api_keys.project_id, api_keys.parent_id, api_keys.scopes,
               api_keys.created_at, api_keys.expires_at, api_keys.limits, projects.settings,
               api_key_uses.used_at,
               api_keys.revoked_at is null and api_keys.disabled_at is null as works
          from chain
          join api_keys on api_keys.id = chain.id
          join projects on projects.id = api_keys.project_id
          left join api_key_uses on api_key_uses.key_id = api_keys.id
         order by chain.depth
        """,
        digest=token.digest(),
        deepest=DEEPEST,
    )
    if not rows or rows[-1]["parent_id"] is not None or not all(row["works"] for row in rows):
        return None
    settings: dict[str, Json] = parse(rows[0]["settings"])
    networks = convert(settings.get("allowed_networks", ()), tuple[str, ...])
    # Narrowed keys have none of their own: a hub that knows nothing of them yet lets them do nothing.
    scopes = with_included(frozenset(map(Scope, rows[-1]["scopes"].split())))
    project_id, key_id = ProjectId(rows[0]["project_id"]), ApiKeyId(rows[0]["id"])
    if len(rows) == 1:
        return Caller(project_id, scopes, key_id, rows[0]["expires_at"], networks)
    ends = [row["expires_at"] for row in rows if row["expires_at"] is not None]
    chain = [(ApiKeyId(row["id"]), decode(row["limits"] or "{}", KeyLimits)) for row in rows]
    return Caller(
        project_id,
        scopes & NARROWED_SCOPES,
        key_id,
        min(ends, default=None),
        networks,
        KeyUse(latest=rows[0]["used_at"]),
        Narrowing.of(chain, created_at=rows[0]["created_at"]),
        convert(settings.get("allowed_origins", ()), tuple[str, ...]),
    )


def append_use(
    buffer: WriteBuffer,
    caller: Caller,
    at: datetime,
    *,
    user_agent: str | None,
    address: str | None,
) -> None:
    """Note that a key is used, with the next rows of the log."""
    buffer.append(
        caller.project_id,
        """
        insert into api_key_uses (key_id, project_id, used_at, user_agent, address)
        values (:key_id, :project_id, :used_at, :user_agent, :address)
            on conflict (key_id) do update
           set used_at = excluded.used_at, user_agent = excluded.user_agent,
               address = excluded.address
         where excluded.used_at > api_key_uses.used_at
        """,
        {
            "key_id": caller.key_id,
            "used_at": at,
            "user_agent": user_agent,
            "address": address,
        },
    )


async def find_sign_in_project(db: Database, token: SignInToken) -> ProjectId | None:
    rows = await db.unscoped(
        "select project_id from sign_in_links where digest = :digest", digest=token.digest()
    )
    return ProjectId(rows[0]["project_id"]) if rows else None


async def find_dashboard_project(db: Database, token: DashboardToken) -> Project | None:
    """Return the project of a signed-in browser."""
    rows = await db.unscoped(
        """
        select projects.id, projects.name, projects.created_at
          from dashboard_sessions
          join projects on projects.id = dashboard_sessions.project_id
         where dashboard_sessions.digest = :digest and dashboard_sessions.expires_at > :now
        """,
        digest=token.digest(),
    )
    return convert(rows[0], Project) if rows else None


def api_key_of(row: Row) -> ApiKey:
    limits = None if row["limits"] is None else parse(row["limits"])
    return convert({**row, "scopes": row["scopes"].split(), "limits": limits}, ApiKey)
