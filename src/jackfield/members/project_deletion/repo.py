"""Repository of what is deleted with a project."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, LiteralString, cast

from jackfield.audit.models import AuditKind, Record
from jackfield.db.transfer.tables import Table
from jackfield.db.tx import Database, Tx
from jackfield.kit.ids import MemberId, ProjectId
from jackfield.kit.json import convert, decode
from jackfield.members.project_deletion.models import Contents, Move
from jackfield.projects.models import Project


async def find_project(db: Database, name: str) -> tuple[Project, bool] | None:
    """Return the project called `name`, and whether it is being deleted already."""
    rows = await db.unscoped(
        "select id, name, created_at, deleted_at from projects where name = :name", name=name
    )
    if not rows:
        return None
    return convert(rows[0], Project), rows[0]["deleted_at"] is not None


async def unfinished(db: Database) -> list[Project]:
    """Return the projects whose deletion has begun."""
    rows = await db.unscoped(
        "select id, name, created_at from projects where deleted_at is not null order by id"
    )
    return [convert(row, Project) for row in rows]


class Deletion:
    """What the transaction's project has, and its end."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def contents(self) -> Contents:
        row = await self._tx.one(
            """
            select (select count(id) from accounts where project_id = :project_id) as accounts,
                   (select count(id) from api_keys
                     where project_id = :project_id and revoked_at is null) as keys,
                   (select count(id) from webhook_endpoints
                     where project_id = :project_id) as webhooks,
                   (select count(member_id) from memberships
                     where project_id = :project_id and removed_at is null) as members
            """
        )
        assert row is not None
        return convert(row, Contents)

    async def has_others(self) -> bool:
        """Return whether there is another project."""
        row = await self._tx.one(
            "select id from projects where id <> :project_id and deleted_at is null limit 1"
        )
        return row is not None

    async def connectors_used_elsewhere(self) -> list[str]:
        """Return the keys of the project's connectors that others have accounts of."""
        rows = await self._tx.all(
            """
            select uploaded.key
              from uploaded_connectors uploaded
             where uploaded.project_id = :project_id
               and exists (
                   select 1
                     from accounts
                     join projects on projects.id = accounts.project_id
                      and projects.deleted_at is null
                    where accounts.provider = uploaded.key and accounts.project_id <> :project_id
               )
             order by uploaded.key
            """
        )
        return [row["key"] for row in rows]

    async def is_revoking(self) -> bool:
        row = await self._tx.one(
            """
            select id
              from account_jobs
             where project_id = :project_id and status = 'running' and verb = 'revoke'
             limit 1
            """
        )
        return row is not None

    async def mark(self) -> bool:
        """Let nothing find the project any more; return whether it was found until now."""
        row = await self._tx.one(
            """
            update projects
               set deleted_at = :now
             where id = :project_id and deleted_at is null
            returning id
            """
        )
        return row is not None

    async def moves(self) -> list[Move]:
        """Return the members that came by this project first, and are known to another."""
        rows = await self._tx.all(
            """
            select members.id as member_id, members.factor_generation,
                   memberships.project_id as home
              from members
              join memberships on memberships.member_id = members.id
              join projects on projects.id = memberships.project_id
             where members.project_id = :project_id and memberships.project_id <> :project_id
               and projects.deleted_at is null
             order by members.id, memberships.removed_at is not null, memberships.created_at,
                      memberships.project_id
            """
        )
        moves: dict[str, Move] = {}
        for row in rows:
            moves.setdefault(row["member_id"], convert(row, Move))
        return [*moves.values()]

    async def move(self, member_id: MemberId, home: ProjectId) -> None:
        """Give a member to another project, with their recovery codes and identities."""
        for statement in _MOVE:
            await self._tx.run(statement, member_id=member_id, home=home)

    async def drop_access(self) -> None:
        """Delete whatever opens something of the project, and its own members."""
        for statement in _ACCESS:
            await self._tx.run(statement)

    async def drop_some(
        self, table: Table, after: Mapping[str, object] | None, *, most: int
    ) -> Mapping[str, object] | None:
        """
        Delete up to so many rows behind a key, and return the key of the last one.

        None if there are fewer; all that were left are deleted then.
        """
        key, named = _key_of(table), _names_of(table)
        behind: LiteralString = (
            "" if after is None else f" and ({key}) > ({_marks(table, 'after')})"
        )
        values = {} if after is None else {f"after_{name}": after[name] for name in after}
        last = await self._tx.one(
            f"""
            select {key}
              from {named}
             where project_id = :project_id{behind}
             order by {key}
             limit 1 offset :skipped
            """,  # noqa: S608 - names of ours
            **values,
            skipped=most - 1,
        )
        if last is None:
            await self.drop_all(table)
            return None
        await self._tx.run(
            f"""
            delete from {named}
             where project_id = :project_id{behind} and ({key}) <= ({_marks(table, "last")})
            """,  # noqa: S608 - names of ours
            **values,
            **{f"last_{name}": last[name] for name in last},
        )
        return last

    async def drop_all(self, table: Table) -> None:
        await self._tx.run(f"delete from {_names_of(table)} where project_id = :project_id")  # noqa: S608 - a name of ours

    async def drop_project(self) -> None:
        await self._tx.run("delete from projects where id = :project_id")

    async def record(self, target: ProjectId) -> Record | None:
        """Return the record of a project's deletion, if this chain has it."""
        row = await self._tx.one(
            """
            select body
              from audit_records
             where project_id = :project_id and kind = :kind and target = :target
             order by seq desc
             limit 1
            """,
            kind=AuditKind.PROJECT_DELETED,
            target=target,
        )
        return None if row is None else decode(row["body"], Record)

    async def deleted_called(self, name: str) -> dict[ProjectId, datetime]:
        """Return the deleted projects of a name that this chain tells of, and when they went."""
        rows = await self._tx.all(
            """
            select body
              from audit_records
             where project_id = :project_id and kind = :kind
             order by seq
            """,
            kind=AuditKind.PROJECT_DELETED,
        )
        told = [decode(row["body"], Record) for row in rows]
        return {
            ProjectId(each.target): each.at
            for each in told
            if each.target and (each.before or {}).get("name") == name
        }


def _names_of(table: Table) -> LiteralString:
    # Names in migrations are literals, too.
    return cast("LiteralString", table.name)


def _key_of(table: Table) -> LiteralString:
    return cast("LiteralString", ", ".join(name for name, _ in table.key))


def _marks(table: Table, prefix: LiteralString) -> LiteralString:
    return cast("LiteralString", ", ".join(f":{prefix}_{name}" for name, _ in table.key))


_MOVE: Final = (
    "update members set project_id = :home where project_id = :project_id and id = :member_id",
    """
    update recovery_codes
       set project_id = :home
     where project_id = :project_id and member_id = :member_id
    """,
    """
    update member_identities
       set project_id = :home
     where project_id = :project_id and member_id = :member_id
    """,
)
# Each before what it refers to.
_ACCESS: Final = (
    "delete from api_key_calls where project_id = :project_id",
    "delete from api_key_uses where project_id = :project_id",
    "delete from api_keys where project_id = :project_id",
    "delete from sign_in_links where project_id = :project_id",
    "delete from dashboard_sessions where project_id = :project_id",
    "delete from connect_frames where project_id = :project_id",
    "delete from connect_sessions where project_id = :project_id",
    "delete from pending_links where project_id = :project_id",
    "delete from sign_ins where project_id = :project_id",
    "delete from sent_codes where project_id = :project_id",
    "delete from portal_frames where project_id = :project_id",
    "delete from portal_sessions where project_id = :project_id",
    "delete from files where project_id = :project_id",
    "delete from member_invites where project_id = :project_id",
    "delete from member_sessions where project_id = :project_id",
    "delete from member_links where project_id = :project_id",
    "delete from memberships where project_id = :project_id",
    # Of sessions in a project that they are no members of any more.
    """
    delete from member_sessions
     where member_id in (select id from members where project_id = :project_id)
    """,
    """
    delete from member_links
     where member_id in (select id from members where project_id = :project_id)
    """,
    "delete from recovery_codes where project_id = :project_id",
    "delete from member_identities where project_id = :project_id",
    "delete from members where project_id = :project_id",
    # All others need a shredding key, and go with the rest.
    "delete from credentials where project_id = :project_id and shredded_with is null",
)
