"""`/api/users/updateSubscriptions`, alone and in bulk: what users want to get."""

from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.keys import CLIENT_SIDE
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import Feature, Refusal, bad_params, feature_off
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import post
from jackfield.sandbox.iterable.work import profiles, subscriptions
from jackfield.sandbox.iterable.work.profiles import Identity

_INVALID: Final = frozenset({"InvalidEmailAddressError", "InvalidUserIdError"})


class Preferences(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None
    email_list_ids: list[int] | None = None
    unsubscribed_channel_ids: list[int] | None = None
    unsubscribed_message_type_ids: list[int] | None = None
    subscribed_message_type_ids: list[int] | None = None
    campaign_id: int | None = None
    template_id: int | None = None
    validate_channel_alignment: bool | None = None

    @property
    def identity(self) -> Identity:
        return Identity(self.email, self.user_id)


class AllPreferences(Struct, rename="camel"):
    update_subscriptions_requests: list[Preferences]


def update_subscriptions(call: Call, body: Preferences) -> Json:
    _update(call.project, body)
    return success()


def bulk_update_subscriptions(call: Call, body: AllPreferences) -> Json:
    answer: dict[str, list[str]] = {
        "invalidEmails": [],
        "invalidUserIds": [],
        "validEmailFailures": [],
        "validUserIdFailures": [],
    }
    failed = 0
    for preferences in body.update_subscriptions_requests:
        try:
            _update(call.project, preferences)
        except Refusal as refused:
            failed += 1
            _file(answer, preferences, invalid=refused.code in _INVALID)
    succeeded = len(body.update_subscriptions_requests) - failed
    return {"successCount": succeeded, "failCount": failed, **answer}


def _file(answer: dict[str, list[str]], preferences: Preferences, *, invalid: bool) -> None:
    if preferences.email:
        answer["invalidEmails" if invalid else "validEmailFailures"].append(preferences.email)
    elif preferences.user_id:
        name = "invalidUserIds" if invalid else "validUserIdFailures"
        answer[name].append(preferences.user_id)


def _update(project: Project, wanted: Preferences) -> None:
    """Write over everything that is given, and nothing else."""
    profiles.refuse_forgotten(project, wanted.identity)
    user = profiles.require(project, wanted.identity)
    _check(project, wanted, user)

    def apply(_now: object) -> None:
        if wanted.email_list_ids is not None:
            subscriptions.set_lists(project, user, wanted.email_list_ids)
        for field, numbers in _fields(wanted).items():
            if numbers is not None:
                user.fields[field] = numbers

    project.defer(apply)


def _check(project: Project, wanted: Preferences, user: User) -> None:
    if wanted.subscribed_message_type_ids and not _may_opt_in(project):
        raise feature_off(Feature.OPT_IN_MESSAGE_TYPES)
    for number in wanted.email_list_ids or ():
        if number not in project.lists:
            msg = f"error.lists.invalidListId({number})"
            raise bad_params(msg)
    for number in wanted.unsubscribed_channel_ids or ():
        if number not in project.channels:
            msg = f"Invalid channel id: {number}"
            raise bad_params(msg)
    types = (
        *(wanted.unsubscribed_message_type_ids or ()),
        *(wanted.subscribed_message_type_ids or ()),
    )
    for number in types:
        if number not in project.message_types:
            msg = f"Invalid message type id: {number}"
            raise bad_params(msg)
    if wanted.validate_channel_alignment is not False:
        _check_alignment(project, wanted, user)


def _check_alignment(project: Project, wanted: Preferences, user: User) -> None:
    """Refuse to subscribe to a message type whose channel the user does not want."""
    refused = wanted.unsubscribed_channel_ids
    if refused is None:
        refused = user.fields.get(subscriptions.NO_CHANNELS, [])
    for number in wanted.subscribed_message_type_ids or ():
        message_type = project.message_types.find(number)
        if message_type is not None and message_type.channel_id in refused:
            msg = f"Message type {number} belongs to an unsubscribed channel"
            raise bad_params(msg)


def _fields(wanted: Preferences) -> dict[str, list[int] | None]:
    return {
        subscriptions.NO_CHANNELS: wanted.unsubscribed_channel_ids,
        subscriptions.NO_TYPES: wanted.unsubscribed_message_type_ids,
        subscriptions.TYPES: wanted.subscribed_message_type_ids,
    }


def _may_opt_in(project: Project) -> bool:
    return project.settings.features.opt_in_message_types


ROUTES: Final = (
    post("/api/users/updateSubscriptions", update_subscriptions, client_side=CLIENT_SIDE),
    post("/api/users/bulkUpdateSubscriptions", bulk_update_subscriptions),
)
