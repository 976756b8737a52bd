"""`/api/users/merge`."""

from datetime import datetime
from http import HTTPStatus
from typing import Final, cast

from msgspec import Struct

from jackfield.kit.json import Json, encode
from jackfield.sandbox.iterable.access.buckets import Scope, per_second
from jackfield.sandbox.iterable.access.keys import CLIENT_SIDE
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params, refusal
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import post
from jackfield.sandbox.iterable.work import delivery, profiles, subscriptions
from jackfield.sandbox.iterable.work.profiles import MANAGED, Identity


class ArrayMerge(Struct, rename="camel"):
    field: str
    dedupe_by: str | None = None


class Merge(Struct, rename="camel"):
    source_email: str | None = None
    source_user_id: str | None = None
    destination_email: str | None = None
    destination_user_id: str | None = None
    array_merge: list[ArrayMerge] | None = None


def merge(call: Call, body: Merge) -> Json:
    """Join two profiles; where the destination is unknown, the source takes its identifier."""
    project = call.project
    source = profiles.require(project, Identity(body.source_email, body.source_user_id))
    wanted = Identity(body.destination_email, body.destination_user_id)
    destination = profiles.find(project, wanted)
    profiles.refuse_forgotten(project, wanted)
    if destination is source:
        msg = "Source and destination are the same user"
        raise bad_params(msg)
    if destination is not None and call.key.kind in CLIENT_SIDE:
        msg = "This type of API key cannot merge known users"
        raise refusal(HTTPStatus.FORBIDDEN, "Forbidden", msg)

    def apply(now: datetime) -> None:
        if source not in project.users:
            return
        if destination is None:
            project.users.rename(
                source,
                email=wanted.email or source.email,
                user_id=wanted.user_id or source.user_id,
            )
            source.updated_at = now
            return
        _join(source, destination, body.array_merge or [])
        for group in project.lists:
            if source in group.members:
                subscriptions.join(group, destination)
        project.events.hand_over(source, destination)
        delivery.hand_over(project, source, destination)
        destination.updated_at = now
        profiles.erase(project, source)

    project.defer(apply)
    return success()


def _join(source: User, destination: User, arrays: list[ArrayMerge]) -> None:
    """Keep the destination's values; add those it has not, and join the arrays asked for."""
    by_field = {each.field: each.dedupe_by for each in arrays if each.field not in MANAGED}
    for name, value in source.fields.items():
        known = destination.fields.get(name)
        if known is None:
            destination.fields[name] = value
        elif name in by_field and isinstance(known, list) and isinstance(value, list):
            destination.fields[name] = _unique([*known, *value], by_field[name])


def _unique(items: list[Json], key: str | None) -> list[Json]:
    seen: dict[bytes, Json] = {}
    for item in items:
        seen.setdefault(encode(_mark(item, key)), item)
    return list(seen.values())


def _mark(item: Json, key: str | None) -> Json:
    """Return what tells an item from others: one of its fields, or all of it."""
    if key is None or not isinstance(item, dict):
        return item
    return cast("dict[str, Json]", item).get(key)


ROUTES: Final = (
    post("/api/users/merge", merge, per_second(50, Scope.API_KEY), client_side=CLIENT_SIDE),
)
