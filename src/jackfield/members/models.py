"""Members of the installation: people, their roles in projects, and invites."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.errors import Conflict, HubError, InvalidRequest, NotFound
from jackfield.kit.ids import InviteId, MemberId, ProjectId
from jackfield.kit.secret import Token
from jackfield.projects.models import Project

MOST_MEMBERS: Final = 1000
MOST_INVITES: Final = 100
LONGEST_NAME: Final = 100
_LONGEST_EMAIL: Final = 254
# Neither blanks nor controls, and one sign between two parts: whether mail arrives is not for us to say.
_EMAIL: Final = re.compile(
    r"[^\s@<>\"(),;:\\\[\]\x00-\x1f\x7f]+@[^\s@<>\"(),;:\\\[\]\x00-\x1f\x7f]+"
)
_FINGERPRINT: Final = 16


class Role(StrEnum):
    """What a member may do in a project; each may do what those after it may."""

    OWNER = "owner"
    ADMIN = "admin"
    VIEWER = "viewer"

    @property
    def rank(self) -> int:
        return _RANKS[self]

    def includes(self, other: "Role") -> bool:
        return self.rank >= other.rank


_RANKS: Final = {Role.OWNER: 2, Role.ADMIN: 1, Role.VIEWER: 0}


class SignInMethod(StrEnum):
    """How a session began."""

    PASSWORD = "password"  # noqa: S105 - a name
    SSO = "sso"
    LINK = "link"
    INVITE = "invite"


class MemberToken(Token, prefix="jf_ms_"):
    """The cookie of a browser that a member is signed in with."""

    __slots__ = ()

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.digest())


class MemberLinkToken(Token, prefix="jf_ml_"):
    """The token of a link that signs one member in, once."""

    __slots__ = ()


class InviteToken(Token, prefix="jf_iv_"):
    """The token of an invite to a project."""

    __slots__ = ()


def actor_of(member_id: MemberId, email: str) -> Actor:
    """Return a member as the one who acts; the address stays in what they did when they are gone."""
    return Actor(ActorKind.MEMBER, member_id, name=email)


def fingerprint(digest: bytes) -> str:
    """Return what a session is called by: too little of its digest to look it up by."""
    return digest.hex()[:_FINGERPRINT]


@dataclass(frozen=True, slots=True)
class Member:
    """
    A person who may sign in.

    `project_id` is the project that they came by first, in which what is their own is sealed.
    """

    id: MemberId
    project_id: ProjectId
    email: str
    name: str
    created_at: datetime
    has_password: bool
    session_generation: int
    factor_generation: int | None
    signed_in_at: datetime | None = None

    @property
    def actor(self) -> Actor:
        return actor_of(self.id, self.email)

    @property
    def has_factor(self) -> bool:
        return self.factor_generation is not None


@dataclass(frozen=True, slots=True)
class ProjectMember:
    """A member as a project lists them."""

    id: MemberId
    email: str
    name: str
    role: Role
    is_from_sso: bool
    has_factor: bool
    has_password: bool
    joined_at: datetime
    signed_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProjectChoice:
    """A project that a member can switch to; commands know it by `name`, people by `title`."""

    id: ProjectId
    name: str
    title: str
    role: Role


@dataclass(frozen=True, slots=True)
class Invite:
    """An invite that was neither accepted nor cancelled."""

    id: InviteId
    project_id: ProjectId
    email: str
    role: Role
    created_at: datetime
    created_by: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedInvite:
    """An invite with its token: the only time that can be read."""

    id: InviteId
    email: str
    role: Role
    expires_at: datetime
    token: InviteToken


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in with a browser, and to which project; `member` is none after an operator's link."""

    project: Project
    role: Role
    actor: Actor
    method: SignInMethod
    member: Member | None = None
    requires_second_factor: bool = False

    @property
    def lacks_factor(self) -> bool:
        """Whether the project asks for a second factor that the member has not set up.

        The identity provider has its own, and an operator's link comes from the hub's machine.
        """
        return (
            self.requires_second_factor
            and self.member is not None
            and not self.member.has_factor
            and self.method != SignInMethod.SSO
        )


@dataclass(frozen=True, slots=True)
class Session:
    """A session of a member, without its token."""

    id: str
    project_name: str
    method: SignInMethod
    user_agent: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Attempts:
    """Attempts to sign in that are counted together, and when they are forgotten."""

    failures: int
    ends_at: datetime


def normal_email(text: str) -> str:
    """
    Return an e-mail address as it is stored and compared.

    Raises:
        InvalidEmail: it is none.
    """
    email = unicodedata.normalize("NFKC", text).strip().lower()
    if len(email) > _LONGEST_EMAIL or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidEmail
    return email


def normal_name(text: str, email: str) -> str:
    """Return a name as it is stored: what is before the `@` where there is none."""
    name = "".join(each for each in text if each.isprintable()).strip()[:LONGEST_NAME]
    return name or email.partition("@")[0][:LONGEST_NAME]


class InvalidEmail(InvalidRequest):
    """This is no e-mail address: give one such as ada@example.com."""

    code = "invalid_email"


class MemberNotFound(NotFound):
    """No such member in the project."""

    code = "member_not_found"


class InviteNotFound(NotFound):
    """No open invite with this id in the project."""

    code = "invite_not_found"


class AlreadyMember(Conflict):
    """This person is a member of the project already."""

    code = "already_member"


class AlreadyInvited(Conflict):
    """This person has an open invite already: resend or cancel it."""

    code = "already_invited"


class TooManyMembers(Conflict):
    """The project has as many members or open invites as it can have: remove or cancel some."""

    code = "too_many_members"


class LastOwner(Conflict):
    """A project keeps at least one owner: make another member an owner first."""

    code = "last_owner"


class RoleTooLow(HubError):
    """Your role in the project does not allow this."""

    code = "role_too_low"
    status = 403


class InviteEnded(HubError):
    """This invite was accepted, cancelled or replaced, or has expired. Ask for a new one."""

    code = "invite_ended"
    status = 410


class SignInRefused(HubError):
    """The e-mail address, the password or the code is not right."""

    code = "sign_in_refused"
    status = 401


class TooManySignIns(HubError):
    """Too many failed sign-ins. Try again in a quarter of an hour."""

    code = "too_many_sign_ins"
    status = 429
    retryable = True

    def __init__(self, detail: str | None = None, /, *, retry_after: float) -> None:
        """`retry_after` is in seconds."""
        super().__init__(detail, retry_after=retry_after)
        self.retry_after = retry_after


class PasswordRefused(InvalidRequest):
    """This password cannot be used: choose another."""

    code = "password_refused"


class SsoOnly(HubError):
    """Members of this hub sign in by their identity provider alone."""

    code = "sso_only"
    status = 403


class SsoRefused(HubError):
    """The identity provider's answer does not sign anybody in. Begin again."""

    code = "sso_refused"
    status = 403


class SsoUnavailable(HubError):
    """The identity provider cannot be asked at present."""

    code = "sso_unavailable"
    status = 502
    retryable = True
