"""Operations on passwords: setting, changing and checking them."""

from typing import TYPE_CHECKING

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.kit.actor import Actor
from jackfield.members.models import Member, SignInRefused
from jackfield.members.passwords import hashes, rules
from jackfield.members.repo import Members, find_password
from jackfield.members.sessions import attempts

if TYPE_CHECKING:
    from jackfield.runtime import Hub


async def check_password(hub: "Hub", email: str, password: str, *, address: str | None) -> Member:
    """
    Return the member of an address and a password. The attempt stays counted: see `attempts.forgive`.

    Raises:
        TooManySignIns: there were too many attempts.
        SignInRefused: the address is nobody's, or the password another.
    """
    await attempts.count(hub, email, address)
    found = await find_password(hub.db, email)
    known = None if found is None else found[1]
    # Whoever it is, and whatever the length: one hash is computed.
    if not await hashes.matches(known, password[: rules.MOST_BYTES]) or found is None:
        raise SignInRefused
    assert known is not None
    member = found[0]
    if hashes.is_outdated(known):
        fresh, actor = await hashes.hashed(password), member.actor
        async with hub.db.write(member.project_id, actor) as tx:
            await Members(tx).rehash(member.id, known, fresh)
    return member


async def set_password(hub: "Hub", member: Member, password: str, actor: Actor) -> None:
    """
    Give a member a password; all their sessions end.

    Raises:
        PasswordRefused: it cannot be used.
    """
    rules.check(password, email=member.email, name=member.name)
    fresh = await hashes.hashed(password)
    async with hub.db.write(member.project_id, actor) as tx:
        await Members(tx).set_password(member.id, fresh)
        await record(tx, AuditKind.MEMBER_PASSWORD_CHANGED, member.id)


async def drop_password(hub: "Hub", member: Member, actor: Actor) -> None:
    """Take a member's password away; all their sessions end."""
    async with hub.db.write(member.project_id, actor) as tx:
        await Members(tx).set_password(member.id, None)
        await record(tx, AuditKind.MEMBER_PASSWORD_CHANGED, member.id, details={"removed": True})
