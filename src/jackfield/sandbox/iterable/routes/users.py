"""`/api/users`: reading, writing and deleting profiles."""

from datetime import datetime
from http import HTTPStatus
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_second, per_second_told
from jackfield.sandbox.iterable.access.keys import CLIENT_SIDE
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import Refusal, bad_params, refusal, text_refusal
from jackfield.sandbox.iterable.routes.bulk import USER_REASONS, Tally
from jackfield.sandbox.iterable.state.fields import Admitted
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.settings import ProjectType
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Effect, Route, delete, get, post
from jackfield.sandbox.iterable.work import profiles
from jackfield.sandbox.iterable.work.profiles import Identity


class Profile(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None
    data_fields: dict[str, Json] | None = None
    prefer_user_id: bool | None = None
    merge_nested_objects: bool | None = None
    create_new_fields: bool | None = None

    @property
    def identity(self) -> Identity:
        return Identity(self.email, self.user_id, bool(self.prefer_user_id))


class Profiles(Struct, rename="camel"):
    users: list[Profile]
    create_new_fields: bool | None = None


class NewEmail(Struct, rename="camel"):
    new_email: str
    current_email: str | None = None
    current_user_id: str | None = None


class ByEmail(Struct):
    email: str = ""


class ByUserId(Struct, rename="camel"):
    user_id: str = ""


def get_by_email(call: Call, email: str) -> Json:
    profiles.check_email(email)
    found = call.project.users.with_email(email)
    return {"user": profiles.show(found[0])} if found else {}


def get_by_email_query(call: Call, query: ByEmail) -> Json:
    return get_by_email(call, query.email)


def get_by_user_id(call: Call, user_id: str) -> Json:
    found = call.project.users.with_user_id(user_id)
    if not found:
        # Recorded once, in 2017, and confirmed by nothing since.
        raise text_refusal(HTTPStatus.BAD_REQUEST, "No user with that id exists!")
    return {"user": profiles.show(found[0])}


def get_by_user_id_query(call: Call, query: ByUserId) -> Json:
    return get_by_user_id(call, query.user_id)


def get_fields(call: Call) -> Json:
    return {"fields": dict(call.project.user_fields.types)}


def update(call: Call, body: Profile) -> Json:
    write_profile(call.project, body)
    return success()


def bulk_update(call: Call, body: Profiles) -> Json:
    if not body.users:
        raise refusal(HTTPStatus.BAD_REQUEST, "InvalidEmailAddressError", "No users to update")
    tally = Tally(USER_REASONS)
    for profile in body.users:
        try:
            admitted = write_profile(
                call.project, replace(profile, create_new_fields=body.create_new_fields)
            )
        except Refusal as refused:
            tally.fail(profile.identity, refused)
        else:
            tally.succeed(admitted)
    return tally.show()


def update_email(call: Call, body: NewEmail) -> Json:
    project = call.project
    if project.settings.project_type is not ProjectType.EMAIL:
        msg = "Only projects that identify users by email can change an email this way"
        raise bad_params(msg)
    profiles.check_email(body.new_email)
    profiles.refuse_forgotten(project, Identity(body.new_email))
    user = profiles.require(project, Identity(body.current_email, body.current_user_id))
    holders = project.users.with_email(body.new_email)
    if holders and holders[0] is not user:
        raise profiles.taken(email=body.new_email)

    def apply(now: datetime) -> None:
        if user in project.users:
            project.users.rename(user, email=body.new_email, user_id=user.user_id)
            user.updated_at = now

    project.defer(apply)
    return success()


def delete_by_email(call: Call, email: str) -> Json:
    profiles.check_email(email)
    return _delete(call, call.project.users.with_email(email), f"No users with email {email} exist")


def delete_by_user_id(call: Call, user_id: str) -> Json:
    found = call.project.users.with_user_id(user_id)
    return _delete(call, found, f"No users with userId {user_id} exist")


def write_profile(project: Project, profile: Profile) -> Admitted:
    """
    Make or change a profile.

    Raises:
        Refusal: the user or a field does not allow it.
    """
    return profiles.write(
        project,
        profile.identity,
        profile.data_fields or {},
        create_new_fields=profile.create_new_fields is not False,
        merge_nested=bool(profile.merge_nested_objects),
    )


def _delete(call: Call, users: list[User], none_exist: str) -> Json:
    project = call.project
    if not users:
        raise bad_params(none_exist)
    for user in list(users):
        project.defer(lambda _now, user=user: profiles.erase(project, user))
    return success()


ROUTES: Final = (
    get("/api/users/getByEmail", get_by_email_query, per_second(100)),
    get("/api/users/byUserId", get_by_user_id_query, per_second(100)),
    get("/api/users/byUserId/{userId}", get_by_user_id, per_second(100)),
    get("/api/users/getFields", get_fields, per_second(3)),
    get("/api/users/{email}", get_by_email, per_second(100)),
    post("/api/users/update", update, per_second_told(500), client_side=CLIENT_SIDE),
    Route(
        "POST",
        "/api/users/bulkUpdate",
        bulk_update,
        Effect.WRITE,
        (per_second_told(5),),
        largest_body=4_000_000,
    ),
    post("/api/users/updateEmail", update_email, client_side=CLIENT_SIDE),
    delete("/api/users/byUserId/{userId}", delete_by_user_id, per_second(100)),
    delete("/api/users/{email}", delete_by_email, per_second(100)),
)
