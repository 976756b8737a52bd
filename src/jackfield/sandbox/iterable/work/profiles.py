"""Finding and writing profiles, by the rules of the project's type.

In an email project the email wins where both identifiers are given, and a user id alone must be
known, unless the caller prefers it: then a profile with a placeholder address is made. In a user
id project it is the other way around and emails may repeat. In a hybrid project both are unique.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final, cast

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import Refusal, bad_params, refusal
from jackfield.sandbox.iterable.state.fields import Admitted
from jackfield.sandbox.iterable.state.project import Project, digest
from jackfield.sandbox.iterable.state.settings import ProjectType
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.times import stamp

_EMAIL: Final = re.compile(r"[^@\s,;<>]{1,64}@[^@\s,;<>.]+(?:\.[^@\s,;<>.]+)+")
_LONGEST_USER_ID: Final = 52
# Kept by the provider itself: what clients write under these names is ignored.
MANAGED: Final = frozenset(
    {
        "email",
        "userId",
        "emailListIds",
        "unsubscribedChannelIds",
        "unsubscribedMessageTypeIds",
        "subscribedMessageTypeIds",
        "devices",
        "browserTokens",
        "shoppingCartItems",
        "profileUpdatedAt",
    }
)


@dataclass(frozen=True, slots=True)
class Identity:
    """How a request names a user."""

    email: str | None = None
    user_id: str | None = None
    prefer_user_id: bool = False


def find(project: Project, who: Identity) -> User | None:
    """
    Find who is meant.

    Raises:
        Refusal: no identifier, a malformed one, or two that belong to different users.
    """
    check_identifiers(who)
    by_email = project.users.with_email(who.email) if who.email else []
    by_user_id = project.users.with_user_id(who.user_id) if who.user_id else []
    match project.settings.project_type:
        case ProjectType.EMAIL:
            found = by_email if who.email else by_user_id
        case ProjectType.USER_ID:
            found = by_user_id if who.user_id else by_email
        case ProjectType.HYBRID:
            if by_email and by_user_id and by_email[0] is not by_user_id[0]:
                raise taken(email=who.email)
            found = by_email or by_user_id
    return found[0] if found else None


def require(project: Project, who: Identity) -> User:
    """
    Find who is meant, who must exist.

    Raises:
        Refusal: there is no such user, or see `find`.
    """
    user = find(project, who)
    if user is None:
        raise unknown(who)
    return user


def require_possible(project: Project, who: Identity, *, existing_only: bool = False) -> None:
    """
    Make sure that a write about this user can be done.

    Raises:
        Refusal: the user is forgotten, may not be made, or see `find`.
    """
    user = find(project, who)
    refuse_forgotten(project, who)
    if user is None and (existing_only or not _may_make(project, who)):
        raise unknown(who)


def place(project: Project, who: Identity, *, now: datetime) -> User:
    """Find who is meant or make the profile, and give it the identifiers it was called by."""
    user = find(project, who)
    if user is None:
        email = who.email
        if email is None and project.settings.project_type is ProjectType.EMAIL:
            email = f"{who.user_id}@placeholder.email"
        user = User(email, who.user_id, now, now, {"signupDate": stamp(now), "signupSource": "API"})
        project.users.add(user)
    elif who.email and who.user_id and (who.email, who.user_id) != (user.email, user.user_id):
        project.users.rename(user, email=who.email, user_id=who.user_id)
    return user


def write(
    project: Project,
    who: Identity,
    values: Mapping[str, Json],
    *,
    create_new_fields: bool = True,
    merge_nested: bool = False,
    existing_only: bool = False,
) -> Admitted:
    """
    Make or change a profile.

    Raises:
        Refusal: the user or a field does not allow it.
    """
    require_possible(project, who, existing_only=existing_only)
    own = {name: value for name, value in values.items() if name not in MANAGED}
    admitted = project.user_fields.admit(own, create_new=create_new_fields)

    def apply(now: datetime) -> None:
        user = place(project, who, now=now)
        merge_fields(user.fields, admitted.values, nested=merge_nested)
        user.updated_at = now

    project.defer(apply)
    return admitted


def merge_fields(fields: dict[str, Json], values: Mapping[str, Json], *, nested: bool) -> None:
    """Write values over fields; an object is replaced as a whole unless `nested`."""
    for name, value in values.items():
        known = fields.get(name)
        if nested and isinstance(known, dict) and isinstance(value, dict):
            inner = dict(cast("dict[str, Json]", known))
            merge_fields(inner, cast("dict[str, Json]", value), nested=True)
            fields[name] = inner
        else:
            fields[name] = value


def erase(project: Project, user: User) -> None:
    """Remove a profile and all that belongs to it."""
    if user not in project.users:
        return
    for each in project.lists:
        each.members.pop(user, None)
    project.events.forget(user)
    project.messages.forget(user)
    for scheduled in project.scheduled:
        if scheduled.user is user:
            project.scheduled.remove(scheduled.id)
    project.users.remove(user)


def show(user: User) -> dict[str, Json]:
    """Return a profile as readers see it."""
    identifiers = {
        name: value
        for name, value in (("email", user.email), ("userId", user.user_id))
        if value is not None
    }
    data_fields = {
        **user.fields,
        **identifiers,
        "profileUpdatedAt": stamp(user.updated_at),
    }
    return {**identifiers, "dataFields": data_fields}


def check_identifiers(who: Identity) -> None:
    if not who.email and not who.user_id:
        msg = "Must provide either an email or userId"
        raise bad_params(msg)
    if who.email:
        check_email(who.email)
    if who.user_id and len(who.user_id) > _LONGEST_USER_ID:
        raise refusal(
            HTTPStatus.BAD_REQUEST, "InvalidUserIdError", f"Invalid userId: {who.user_id}"
        )


def check_email(email: str) -> None:
    if not _EMAIL.fullmatch(email):
        raise refusal(HTTPStatus.BAD_REQUEST, "InvalidEmailAddressError", f"Invalid email: {email}")


def refuse_forgotten(project: Project, who: Identity) -> None:
    if (who.email and digest(who.email) in project.forgotten_emails) or (
        who.user_id and digest(who.user_id) in project.forgotten_user_ids
    ):
        raise refusal(
            HTTPStatus.CONFLICT,
            "ForgottenUserError",
            "The user has been forgotten and cannot be written",
        )


def unknown(who: Identity) -> Refusal:
    if who.email:
        return refusal(
            HTTPStatus.BAD_REQUEST, "UnknownEmailError", f"Email {who.email} does not exist"
        )
    return refusal(
        HTTPStatus.BAD_REQUEST, "UnknownUserIdError", f"UserId {who.user_id} does not exist"
    )


def taken(*, email: str | None = None, user_id: str | None = None) -> Refusal:
    if email:
        return refusal(
            HTTPStatus.CONFLICT, "EmailAlreadyExists", f"Email {email} belongs to another user"
        )
    return refusal(
        HTTPStatus.CONFLICT, "UserIdAlreadyExists", f"UserId {user_id} belongs to another user"
    )


def _may_make(project: Project, who: Identity) -> bool:
    match project.settings.project_type:
        case ProjectType.EMAIL:
            return bool(who.email) or who.prefer_user_id
        case ProjectType.USER_ID:
            return bool(who.user_id)
        case ProjectType.HYBRID:
            return True
