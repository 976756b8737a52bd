"""`/api/subscriptions`: joining and leaving lists, message types and channels."""

import re
from http import HTTPStatus
from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import (
    Feature,
    Refusal,
    bad_params,
    coded_refusal,
    feature_off,
    text_refusal,
)
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.wire.bodies import BadBody
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Effect, Route, delete, patch, put
from jackfield.sandbox.iterable.work import profiles, subscriptions
from jackfield.sandbox.iterable.work.profiles import Identity
from jackfield.sandbox.iterable.work.subscriptions import Group
from jackfield.sandbox.replies import TEXT, Reply, text_reply

_PHONE: Final = re.compile(r"\+[1-9]\d{6,14}")


class Action(Struct):
    action: Literal["subscribe", "unsubscribe"]


class Several(Struct, rename="camel"):
    users: list[str] | None = None
    users_by_user_id: list[str] | None = None


class DoubleOptIn(Struct, rename="camel"):
    message_type_ids: list[int]
    email: str | None = None
    user_id: str | None = None
    phone_number: str | None = None
    brand_name: str | None = None


def change_several(call: Call, group: str, number: int, query: Action, body: Several) -> Json:
    chosen = _require_group(call.project, group, number)
    people = [
        *(Identity(email=email) for email in body.users or ()),
        *(Identity(user_id=user_id) for user_id in body.users_by_user_id or ()),
    ]
    if not people:
        msg = "Must provide users or usersByUserId"
        raise bad_params(msg)
    users = [_require_user(call.project, who) for who in people]
    for user in users:
        _change(call.project, user, chosen, number, join=query.action == "subscribe")
    return success()


def subscribe_email(call: Call, group: str, number: int, email: str) -> Json:
    return _change_one(call, group, number, Identity(email=email), join=True)


def unsubscribe_email(call: Call, group: str, number: int, email: str) -> Json:
    return _change_one(call, group, number, Identity(email=email), join=False)


def subscribe_user_id(call: Call, group: str, number: int, user_id: str) -> Json:
    return _change_one(call, group, number, Identity(user_id=user_id), join=True)


def unsubscribe_user_id(call: Call, group: str, number: int, user_id: str) -> Json:
    return _change_one(call, group, number, Identity(user_id=user_id), join=False)


def start_double_opt_in(call: Call, body: DoubleOptIn) -> Reply:
    project = call.project
    if not project.settings.features.double_opt_in:
        raise text_refusal(HTTPStatus.BAD_REQUEST, "Double opt-in is not enabled for this project")
    if not body.message_type_ids:
        raise text_refusal(HTTPStatus.BAD_REQUEST, "messageTypeIds cannot be empty")
    unknown = [number for number in body.message_type_ids if number not in project.message_types]
    if unknown:
        raise text_refusal(HTTPStatus.BAD_REQUEST, f"Unknown message types: {unknown}")
    if body.phone_number is not None and not _PHONE.fullmatch(body.phone_number):
        raise text_refusal(HTTPStatus.BAD_REQUEST, "phoneNumber must be in E.164 form")
    try:
        profiles.require(project, Identity(body.email, body.user_id))
    except Refusal as refused:
        raise text_refusal(HTTPStatus.BAD_REQUEST, str(refused)) from refused
    return text_reply("Accepted", status=HTTPStatus.ACCEPTED, content_type=TEXT)


def _double_opt_in_fault(path: str, fault: BadBody) -> Refusal:
    return coded_refusal(
        HTTPStatus.BAD_REQUEST,
        "error.http.invalidJsonBody",
        f"[{path}] Invalid JSON body",
        dict(fault.faults),
    )


def _change_one(call: Call, group: str, number: int, who: Identity, *, join: bool) -> Json:
    chosen = _require_group(call.project, group, number)
    user = _require_user(call.project, who)
    _change(call.project, user, chosen, number, join=join)
    return success()


def _require_group(project: Project, name: str, number: int) -> Group:
    if not project.settings.features.subscription_groups:
        raise feature_off(Feature.SUBSCRIPTION_GROUPS)
    return subscriptions.require_group(project, name, number)


def _require_user(project: Project, who: Identity) -> User:
    profiles.refuse_forgotten(project, who)
    return profiles.require(project, who)


def _change(project: Project, user: User, group: Group, number: int, *, join: bool) -> None:
    change = subscriptions.subscribe if join else subscriptions.unsubscribe
    project.defer(lambda _now: change(project, user, group, number))


_GROUP: Final = "/api/subscriptions/{subscriptionGroup}/{subscriptionGroupId}"

ROUTES: Final = (
    Route(
        "POST",
        "/api/subscriptions/subscribeToDoubleOptIn",
        start_double_opt_in,
        Effect.SEND,
        bad_body=_double_opt_in_fault,
    ),
    put(_GROUP, change_several),
    patch(f"{_GROUP}/user/{{userEmail}}", subscribe_email),
    delete(f"{_GROUP}/user/{{userEmail}}", unsubscribe_email, effect=Effect.WRITE),
    patch(f"{_GROUP}/byUserId/{{userId}}", subscribe_user_id),
    delete(f"{_GROUP}/byUserId/{{userId}}", unsubscribe_user_id, effect=Effect.WRITE),
)
