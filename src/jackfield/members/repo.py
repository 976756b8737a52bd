"""Repositories of members and their memberships."""

from typing import Final

from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.alphabet import alphabetical
from jackfield.kit.ids import MemberId, ProjectId
from jackfield.kit.json import Json, convert, parse
from jackfield.members.models import (
    Member,
    ProjectChoice,
    ProjectMember,
    Role,
)

# What a `Member` is read from.
COLUMNS: Final = """
    members.id, members.project_id, members.email, members.name, members.created_at,
    members.password is not null as has_password, members.session_generation,
    members.factor_generation, members.signed_in_at
"""


class Members:
    """Rows of the members that came by the transaction's project first."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(
        self, member_id: MemberId, *, email: str, name: str, password: str | None
    ) -> bool:
        """Add a member; return false if there is one with the address."""
        row = await self._tx.one(
            """
            insert into members (id, project_id, email, name, password, session_generation,
                                 factor_step, created_at)
            values (:id, :project_id, :email, :name, :password, 1, 0, :now)
                on conflict (email) do nothing
            returning id
            """,
            id=member_id,
            email=email,
            name=name,
            password=password,
        )
        return row is not None

    async def set_password(self, member_id: MemberId, password: str | None) -> None:
        """Replace a password, and end every session."""
        await self._tx.run(
            """
            update members
               set password = :password, session_generation = session_generation + 1
             where project_id = :project_id and id = :id
            """,
            id=member_id,
            password=password,
        )

    async def rehash(self, member_id: MemberId, known: str, password: str) -> None:
        """Replace the hash of the same password, unless the password has changed meanwhile."""
        await self._tx.run(
            """
            update members
               set password = :password
             where project_id = :project_id and id = :id and password = :known
            """,
            id=member_id,
            known=known,
            password=password,
        )

    async def end_sessions(self, member_id: MemberId) -> None:
        await self._tx.run(
            """
            update members
               set session_generation = session_generation + 1
             where project_id = :project_id and id = :id
            """,
            id=member_id,
        )

    async def note_sign_in(self, member_id: MemberId) -> None:
        await self._tx.run(
            "update members set signed_in_at = :now where project_id = :project_id and id = :id",
            id=member_id,
        )

    async def get(self, member_id: MemberId) -> Member | None:
        row = await self._tx.one(
            f"select {COLUMNS} from members where project_id = :project_id and id = :id",  # noqa: S608 - literals
            id=member_id,
        )
        return None if row is None else convert(row, Member)


class Memberships:
    """The memberships of the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def all(self) -> list[ProjectMember]:
        rows = await self._tx.all(
            """
            select members.id, members.email, members.name, memberships.role,
                   memberships.is_from_sso, members.factor_generation is not null as has_factor,
                   members.password is not null as has_password,
                   memberships.created_at as joined_at, members.signed_in_at
              from memberships
              join members on members.id = memberships.member_id
             where memberships.project_id = :project_id and memberships.removed_at is null
            """
        )
        members = [convert(row, ProjectMember) for row in rows]
        return sorted(members, key=lambda member: alphabetical(member.email))

    async def role_of(self, member_id: MemberId) -> Role | None:
        row = await self._tx.one(
            """
            select role
              from memberships
             where project_id = :project_id and member_id = :member_id and removed_at is null
            """,
            member_id=member_id,
        )
        return None if row is None else Role(row["role"])

    async def was_removed(self, member_id: MemberId) -> bool:
        """Return whether a person removed the member."""
        row = await self._tx.one(
            """
            select member_id
              from memberships
             where project_id = :project_id and member_id = :member_id
               and removed_at is not null
            """,
            member_id=member_id,
        )
        return row is not None

    async def is_from_sso(self, member_id: MemberId) -> bool:
        row = await self._tx.one(
            """
            select is_from_sso
              from memberships
             where project_id = :project_id and member_id = :member_id and removed_at is null
            """,
            member_id=member_id,
        )
        return row is not None and bool(row["is_from_sso"])

    async def put(self, member_id: MemberId, role: Role, *, is_from_sso: bool) -> None:
        """Add a membership, or bring one back."""
        await self._tx.run(
            """
            insert into memberships
                   (project_id, member_id, role, is_from_sso, created_at, created_by)
            values (:project_id, :member_id, :role, :is_from_sso, :now, :created_by)
                on conflict (project_id, member_id) do update
               set role = excluded.role, is_from_sso = excluded.is_from_sso,
                   created_at = excluded.created_at, created_by = excluded.created_by,
                   removed_at = null, removed_by = null
            """,
            member_id=member_id,
            role=role,
            is_from_sso=is_from_sso,
            created_by=str(self._tx.actor),
        )

    async def set_role(self, member_id: MemberId, role: Role) -> None:
        await self._tx.run(
            """
            update memberships
               set role = :role
             where project_id = :project_id and member_id = :member_id and removed_at is null
            """,
            member_id=member_id,
            role=role,
        )

    async def remove(self, member_id: MemberId) -> None:
        """Remove a member for good: until somebody invites them again."""
        await self._tx.run(
            """
            update memberships
               set removed_at = :now, removed_by = :removed_by
             where project_id = :project_id and member_id = :member_id and removed_at is null
            """,
            member_id=member_id,
            removed_by=str(self._tx.actor),
        )

    async def withdraw(self, member_id: MemberId) -> None:
        """Take away what a group gave: it comes back with the group."""
        await self._tx.run(
            """
            delete from memberships
             where project_id = :project_id and member_id = :member_id and removed_at is null
            """,
            member_id=member_id,
        )

    async def owners(self) -> int:
        row = await self._tx.one(
            """
            select count(member_id) as owners
              from memberships
             where project_id = :project_id and role = 'owner' and removed_at is null
            """
        )
        return 0 if row is None else row["owners"]

    async def count(self) -> int:
        row = await self._tx.one(
            """
            select count(member_id) as members
              from memberships
             where project_id = :project_id and removed_at is null
            """
        )
        return 0 if row is None else row["members"]

    async def require_second_factor(self, required: bool) -> None:
        await self._tx.run(
            "update projects set requires_second_factor = :required where id = :project_id",
            required=required,
        )

    async def requires_second_factor(self) -> bool:
        row = await self._tx.one(
            "select requires_second_factor from projects where id = :project_id"
        )
        return row is not None and bool(row["requires_second_factor"])


async def find_member(db: Database, email: str) -> Member | None:
    rows = await db.unscoped(f"select {COLUMNS} from members where email = :email", email=email)  # noqa: S608 - literals
    return convert(rows[0], Member) if rows else None


async def find_password(db: Database, email: str) -> tuple[Member, str | None] | None:
    """Return a member and the hash of their password."""
    rows = await db.unscoped(
        f"select {COLUMNS}, members.password from members where email = :email",  # noqa: S608 - literals
        email=email,
    )
    return (convert(rows[0], Member), rows[0]["password"]) if rows else None


async def projects_of(db: Database, member_id: MemberId) -> list[ProjectChoice]:
    """Return the projects of a member, and their role in each."""
    rows = await db.unscoped(
        """
        select projects.id, projects.name, projects.settings, memberships.role
          from memberships
          join projects on projects.id = memberships.project_id
         where memberships.member_id = :member_id and memberships.removed_at is null
         order by memberships.created_at, projects.id
        """,
        member_id=member_id,
    )
    return [_choice(row) for row in rows]


async def find_project_choice(db: Database, project_id: ProjectId) -> ProjectChoice | None:
    """Return a project as one who may do everything in it sees it."""
    rows = await db.unscoped(
        "select id, name, settings, 'owner' as role from projects where id = :id", id=project_id
    )
    return _choice(rows[0]) if rows else None


def _choice(row: Row) -> ProjectChoice:
    settings: dict[str, Json] = parse(row["settings"])
    name = settings.get("name")
    title = name if isinstance(name, str) else row["name"]
    return ProjectChoice(ProjectId(row["id"]), row["name"], title, Role(row["role"]))
