"""Repositories of members' sessions, of their sign-in links, and of failed attempts."""

from datetime import datetime

from jackfield.db.tx import Database, Row, Tx
from jackfield.kit.ids import MemberId, ProjectId
from jackfield.kit.json import convert
from jackfield.members.models import (
    Attempts,
    Member,
    MemberLinkToken,
    MemberToken,
    Role,
    Session,
    SignedIn,
    SignInMethod,
    fingerprint,
)
from jackfield.members.repo import COLUMNS
from jackfield.projects.models import Project


class MemberSessions:
    """The sessions of members in the transaction's project."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(
        self,
        token: MemberToken,
        member: Member,
        method: SignInMethod,
        *,
        user_agent: str | None,
        expires_at: datetime,
    ) -> None:
        await self._tx.run(
            """
            insert into member_sessions (digest, project_id, member_id, generation, method,
                                         user_agent, created_at, expires_at)
            values (:digest, :project_id, :member_id, :generation, :method,
                    :user_agent, :now, :expires_at)
            """,
            digest=token.digest(),
            member_id=member.id,
            generation=member.session_generation,
            method=method,
            user_agent=user_agent,
            expires_at=expires_at,
        )

    async def take_over(self, digest: bytes, member_id: MemberId) -> None:
        """Let a session of the member go on in the transaction's project."""
        await self._tx.run(
            """
            update member_sessions
               set project_id = :project_id
             where digest = :digest and member_id = :member_id
            """,
            digest=digest,
            member_id=member_id,
        )

    async def renew(self, digest: bytes, token: MemberToken, generation: int) -> None:
        """Give a session another token and the present generation."""
        await self._tx.run(
            """
            update member_sessions
               set digest = :new, generation = :generation
             where project_id = :project_id and digest = :digest
            """,
            new=token.digest(),
            generation=generation,
            digest=digest,
        )

    async def remove(self, digest: bytes) -> None:
        await self._tx.run(
            "delete from member_sessions where project_id = :project_id and digest = :digest",
            digest=digest,
        )

    async def remove_of(self, member_id: MemberId) -> None:
        await self._tx.run(
            "delete from member_sessions where project_id = :project_id and member_id = :member_id",
            member_id=member_id,
        )

    async def clear(self) -> None:
        await self._tx.run("delete from member_sessions where project_id = :project_id")
        await self._tx.run("delete from member_links where project_id = :project_id")


class MemberLinks:
    """The links of the transaction's project that sign members in."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def add(self, token: MemberLinkToken, member_id: MemberId, expires_at: datetime) -> None:
        await self._tx.run(
            """
            insert into member_links (digest, project_id, member_id, expires_at)
            values (:digest, :project_id, :member_id, :expires_at)
            """,
            digest=token.digest(),
            member_id=member_id,
            expires_at=expires_at,
        )

    async def use(self, token: MemberLinkToken) -> bool:
        """Mark a link as used; return false if it was used already or has expired."""
        row = await self._tx.one(
            """
            update member_links
               set used_at = :now
             where project_id = :project_id and digest = :digest
               and used_at is null and expires_at > :now
            returning digest
            """,
            digest=token.digest(),
        )
        return row is not None


async def find_link(db: Database, token: MemberLinkToken) -> tuple[ProjectId, Member] | None:
    """Return the project and the member of a link that can be used."""
    rows = await db.unscoped(
        f"""
        select {COLUMNS}, member_links.project_id as opened_id
          from member_links
          join members on members.id = member_links.member_id
         where member_links.digest = :digest and member_links.used_at is null
           and member_links.expires_at > :now
        """,  # noqa: S608 - literals
        digest=token.digest(),
    )
    return (ProjectId(rows[0]["opened_id"]), convert(rows[0], Member)) if rows else None


async def find_session(db: Database, token: MemberToken) -> SignedIn | None:
    """Return who is signed in: a member of the session's project, whose sessions were not ended."""
    rows = await db.unscoped(
        f"""
        select {COLUMNS}, memberships.role, member_sessions.method,
               projects.id as opened_id, projects.name as opened_name,
               projects.created_at as opened_made, projects.requires_second_factor
          from member_sessions
          join members on members.id = member_sessions.member_id
           and members.session_generation = member_sessions.generation
          join memberships on memberships.project_id = member_sessions.project_id
           and memberships.member_id = members.id and memberships.removed_at is null
          join projects on projects.id = member_sessions.project_id
         where member_sessions.digest = :digest and member_sessions.expires_at > :now
        """,  # noqa: S608 - literals
        digest=token.digest(),
    )
    return _signed_in(rows[0]) if rows else None


async def sessions_of(db: Database, member: Member) -> list[Session]:
    """Return the sessions of a member in all projects, the newest first."""
    rows = await db.unscoped(
        """
        select member_sessions.digest, projects.name as project_name, member_sessions.method,
               member_sessions.user_agent, member_sessions.created_at, member_sessions.expires_at
          from member_sessions
          join projects on projects.id = member_sessions.project_id
         where member_sessions.member_id = :member_id
           and member_sessions.generation = :generation and member_sessions.expires_at > :now
         order by member_sessions.created_at desc
         limit 100
        """,
        member_id=member.id,
        generation=member.session_generation,
    )
    return [convert({**row, "id": fingerprint(row["digest"])}, Session) for row in rows]


async def find_session_places(db: Database, member: Member) -> list[tuple[bytes, ProjectId]]:
    """Return the digests of a member's sessions, and the project of each."""
    rows = await db.unscoped(
        "select digest, project_id from member_sessions where member_id = :member_id",
        member_id=member.id,
    )
    return [(row["digest"], ProjectId(row["project_id"])) for row in rows]


async def count_attempt(db: Database, subject: bytes, ends_at: datetime) -> Attempts:
    """Count an attempt before it is made, and return all that are counted with it."""
    await db.unscoped("delete from sign_in_attempts where ends_at <= :now")
    rows = await db.unscoped(
        """
        insert into sign_in_attempts (subject, failures, ends_at)
        values (:subject, 1, :ends_at)
            on conflict (subject) do update
           set failures = sign_in_attempts.failures + 1
        returning failures, ends_at
        """,
        subject=subject,
        ends_at=ends_at,
    )
    return convert(rows[0], Attempts)


async def forget_attempts(db: Database, subject: bytes) -> None:
    await db.unscoped("delete from sign_in_attempts where subject = :subject", subject=subject)


async def take_back_attempt(db: Database, subject: bytes) -> None:
    await db.unscoped(
        "update sign_in_attempts set failures = failures - 1 where subject = :subject",
        subject=subject,
    )


def _signed_in(row: Row) -> SignedIn:
    member = convert(row, Member)
    return SignedIn(
        project=Project(ProjectId(row["opened_id"]), row["opened_name"], row["opened_made"]),
        role=Role(row["role"]),
        actor=member.actor,
        method=SignInMethod(row["method"]),
        member=member,
        requires_second_factor=bool(row["requires_second_factor"]),
    )
