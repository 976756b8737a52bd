"""Sign-in of members by password, and by a second factor where they have one."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from jackfield.kit.json import encode, is_object, parse
from jackfield.members.acceptance import accept_all
from jackfield.members.factors.service import check_code
from jackfield.members.models import (
    InvalidEmail,
    Member,
    MemberToken,
    SignInMethod,
    SignInRefused,
    SsoOnly,
    normal_email,
)
from jackfield.members.passwords.service import check_password
from jackfield.members.repo import find_member, projects_of
from jackfield.members.sessions import attempts
from jackfield.members.sessions.service import open_session
from jackfield.secrets.sealed_cookie import open_from_browser, seal_for_browser
from jackfield.vault.cipher import SealBroken

if TYPE_CHECKING:
    from jackfield.runtime import Hub

# Between the password and the code.
_PATIENCE: Final = timedelta(minutes=5)
_PURPOSE: Final = "code of a sign-in"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Browser:
    """What is known of the browser of a sign-in."""

    address: str | None
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class AwaitedCode:
    """A sign-in whose password was right, sealed for the browser until the code comes."""

    sealed: str


async def sign_in(
    hub: "Hub", email: str, password: str, browser: Browser
) -> MemberToken | AwaitedCode:
    """
    Sign a member in, or ask for a code of their second factor.

    Raises:
        SsoOnly: members sign in by their identity provider.
        TooManySignIns: too many attempts failed.
        SignInRefused: something is not right; what, is not said.
    """
    if hub.sso_only:
        raise SsoOnly
    try:
        known = normal_email(email)
    except InvalidEmail:
        # Counted and checked like any other: it is not told apart.
        known = email[:254].lower()
    try:
        member = await check_password(hub, known, password, address=browser.address)
    except SignInRefused:
        _log.info("sign_in_refused", step="password")
        raise
    if member.has_factor:
        return AwaitedCode(_seal(hub, member))
    return await _complete(hub, member, browser)


async def give_code(hub: "Hub", sealed: str, code: str, browser: Browser) -> MemberToken:
    """
    Complete a sign-in with a code of the second factor, or with a recovery code.

    Raises:
        SsoOnly, TooManySignIns, SignInRefused: as `sign_in`.
    """
    if hub.sso_only:
        raise SsoOnly
    member = await _open(hub, sealed)
    await attempts.count(hub, member.email, browser.address)
    try:
        await check_code(hub, member, code)
    except SignInRefused:
        _log.info("sign_in_refused", step="code", member=member.id)
        raise
    return await _complete(hub, member, browser)


async def _complete(hub: "Hub", member: Member, browser: Browser) -> MemberToken:
    if not await projects_of(hub.db, member.id):
        # Who was removed everywhere could otherwise not sign in to accept an invite.
        await accept_all(hub, member)
    token = await open_session(hub, member, SignInMethod.PASSWORD, user_agent=browser.user_agent)
    await attempts.forgive(hub, member.email, browser.address)
    return token


def _seal(hub: "Hub", member: Member) -> str:
    content = {
        "email": member.email,
        "generation": member.session_generation,
        "until": (hub.clock() + _PATIENCE).timestamp(),
    }
    return seal_for_browser(hub.vault, _PURPOSE, encode(content).decode())


async def _open(hub: "Hub", sealed: str) -> Member:
    try:
        content = parse(open_from_browser(hub.vault, _PURPOSE, sealed))
    except SealBroken:
        raise SignInRefused from None
    assert is_object(content)
    until, email = content["until"], content["email"]
    assert isinstance(until, float)
    assert isinstance(email, str)
    member = await find_member(hub.db, email)
    if (
        until < hub.clock().timestamp()
        or member is None
        # The password was changed meanwhile.
        or member.session_generation != content["generation"]
    ):
        raise SignInRefused
    return member
