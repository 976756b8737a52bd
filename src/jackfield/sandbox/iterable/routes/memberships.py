"""`/api/lists/subscribe` and `/api/lists/unsubscribe`."""

from datetime import datetime
from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.refusals import Refusal, bad_params
from jackfield.sandbox.iterable.routes.bulk import USER_REASONS, Tally
from jackfield.sandbox.iterable.routes.lists import require_list
from jackfield.sandbox.iterable.state.events import Event
from jackfield.sandbox.iterable.state.fields import Admitted
from jackfield.sandbox.iterable.state.lists import ListKind, MemberList
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import post
from jackfield.sandbox.iterable.work import profiles, subscriptions
from jackfield.sandbox.iterable.work.profiles import Identity
from jackfield.sandbox.iterable.work.subscriptions import Group


class Subscriber(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None
    data_fields: dict[str, Json] | None = None
    prefer_user_id: bool | None = None
    merge_nested_objects: bool | None = None

    @property
    def identity(self) -> Identity:
        return Identity(self.email, self.user_id, bool(self.prefer_user_id))


class Subscription(Struct, rename="camel"):
    list_id: int
    subscribers: list[Subscriber]
    update_existing_users_only: bool | None = None


class Unsubscriber(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None

    @property
    def identity(self) -> Identity:
        return Identity(self.email, self.user_id)


class Unsubscription(Struct, rename="camel"):
    list_id: int
    subscribers: list[Unsubscriber]
    campaign_id: int | None = None
    channel_unsubscribe: bool | None = None


def subscribe(call: Call, body: Subscription) -> Json:
    group = _require_open(call.project, body.list_id)
    tally = Tally(USER_REASONS)
    for subscriber in body.subscribers:
        try:
            admitted = _join(call.project, group, subscriber, bool(body.update_existing_users_only))
        except Refusal as refusal:
            tally.fail(subscriber.identity, refusal)
        else:
            tally.succeed(admitted)
    return tally.show()


def unsubscribe(call: Call, body: Unsubscription) -> Json:
    group = _require_open(call.project, body.list_id)
    tally = Tally(USER_REASONS)
    for subscriber in body.subscribers:
        try:
            _leave(call.project, group, subscriber.identity, body)
        except Refusal as refusal:
            tally.fail(subscriber.identity, refusal)
        else:
            tally.succeed()
    return tally.show()


def _require_open(project: Project, list_id: int) -> MemberList:
    group = require_list(project, list_id)
    if group.kind is ListKind.DYNAMIC:
        msg = f"List {list_id} is dynamic: its members follow from a search"
        raise bad_params(msg)
    return group


def _join(
    project: Project, group: MemberList, subscriber: Subscriber, existing_only: bool
) -> Admitted:
    who = subscriber.identity
    admitted = profiles.write(
        project,
        who,
        subscriber.data_fields or {},
        merge_nested=bool(subscriber.merge_nested_objects),
        existing_only=existing_only,
    )

    def apply(now: datetime) -> None:
        user = profiles.find(project, who)
        if user is not None:
            subscriptions.join(group, user)
            project.events.put(Event("emailSubscribe", now, user, {"emailListIds": [group.id]}))

    project.defer(apply)
    return admitted


def _leave(project: Project, group: MemberList, who: Identity, body: Unsubscription) -> None:
    profiles.require(project, who)

    def apply(now: datetime) -> None:
        user = profiles.find(project, who)
        if user is None:
            return
        subscriptions.leave(group, user)
        values: dict[str, Json] = {"emailListIds": [group.id]}
        if body.campaign_id is not None:
            values["campaignId"] = body.campaign_id
        if body.channel_unsubscribe:
            values["channelIds"] = _silence_email(project, user)
        project.events.put(Event("emailUnSubscribe", now, user, values))

    project.defer(apply)


def _silence_email(project: Project, user: User) -> list[int]:
    """Unsubscribe from every marketing channel for email, which is nearly everything."""
    silenced = [
        channel.id
        for channel in project.channels
        if channel.medium == "Email" and channel.channel_type == "Marketing"
    ]
    for number in silenced:
        subscriptions.unsubscribe(project, user, Group.CHANNEL, number)
    return silenced


ROUTES: Final = (
    post("/api/lists/subscribe", subscribe),
    post("/api/lists/unsubscribe", unsubscribe),
)
