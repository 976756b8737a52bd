"""`/api/users/forget` and its relatives: erasing people and keeping them out."""

from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_day, per_second
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.state.project import digest
from jackfield.sandbox.iterable.times import from_unix
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Effect, get, post
from jackfield.sandbox.iterable.work import profiles
from jackfield.sandbox.iterable.work.profiles import Identity

_LIMITS: Final = (per_second(3), per_day(1000))


class Person(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None


class Invalidation(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None
    issued_before: int | None = None


def forget(call: Call, body: Person) -> Json:
    project = call.project
    profiles.check_identifiers(Identity(body.email, body.user_id))
    if body.email:
        project.forgotten_emails[digest(body.email)] = None
        doomed = project.users.with_email(body.email)
    else:
        project.forgotten_user_ids[digest(body.user_id or "")] = None
        doomed = project.users.with_user_id(body.user_id or "")
    for user in list(doomed):
        profiles.erase(project, user)
    return success()


def unforget(call: Call, body: Person) -> Json:
    project = call.project
    profiles.check_identifiers(Identity(body.email, body.user_id))
    forgotten, name = (
        (project.forgotten_emails, body.email)
        if body.email
        else (project.forgotten_user_ids, body.user_id)
    )
    if digest(name or "") not in forgotten:
        msg = "The user is not forgotten"
        raise bad_params(msg)
    del forgotten[digest(name or "")]
    return success()


def list_forgotten_emails(call: Call) -> Json:
    return {"hashedEmails": list(call.project.forgotten_emails)}


def list_forgotten_user_ids(call: Call) -> Json:
    return {"hashedUserIds": list(call.project.forgotten_user_ids)}


def invalidate_jwts(call: Call, body: Invalidation) -> Json:
    """Refuse a user's tokens that were issued before a moment."""
    profiles.check_identifiers(Identity(body.email, body.user_id))
    try:
        until = from_unix(body.issued_before) if body.issued_before else call.project.now
    except ValueError as error:
        msg = f"Invalid issuedBefore: {body.issued_before}"
        raise bad_params(msg) from error
    call.project.revoked_jwts.update(
        {name: until for name in (body.email, body.user_id) if name is not None}
    )
    return success()


ROUTES: Final = (
    post("/api/users/forget", forget, *_LIMITS, effect=Effect.DELETE),
    post("/api/users/unforget", unforget, *_LIMITS),
    get("/api/users/forgotten", list_forgotten_emails, per_second(3)),
    get("/api/users/forgottenUserIds", list_forgotten_user_ids, per_second(3)),
    post("/api/auth/jwts/invalidate", invalidate_jwts),
)
