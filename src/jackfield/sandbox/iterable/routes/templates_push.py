"""`/api/templates/push`."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import Scope, per_second
from jackfield.sandbox.iterable.routes import template_contents
from jackfield.sandbox.iterable.routes.template_contents import Asked, Content, Proof
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Effect, get, post


class PerPlatform(Struct, omit_defaults=True):
    android: str | None = None
    ios: str | None = None


class PushAction(Struct, omit_defaults=True):
    type: str | None = None
    data: str | None = None


class ActionIcon(Struct, rename="camel"):
    icon_type: str
    image_name: str


class PushButton(Struct, rename="camel", omit_defaults=True):
    identifier: str
    title: str
    open_app: bool
    button_type: Literal["default", "destructive", "textInput"] | None = None
    action: PushAction | None = None
    action_icon: ActionIcon | None = None
    input_placeholder: str | None = None
    input_title: str | None = None
    requires_unlock: bool | None = None


class PushContent(Content, kw_only=True):
    title: str | None = None
    message: str | None = None
    badge: str | None = None
    sound: str | None = None
    payload: dict[str, Json] | None = None
    buttons: Annotated[list[PushButton], Meta(max_length=3)] | None = None
    deeplink: PerPlatform | None = None
    rich_media: PerPlatform | None = None
    interruption_level: Literal["passive", "active", "time-sensitive", "critical"] | None = None
    relevance_score: float | None = None
    is_silent_push: bool | None = None
    wake: bool | None = None
    data_feed_ids: list[int] | None = None
    cache_data_feed: bool | None = None
    merge_data_feed_context: bool | None = None


class PushUpsert(PushContent, kw_only=True):
    client_template_id: str


class PushUpdate(PushContent, kw_only=True):
    template_id: int
    client_template_id: str | None = None


def get_push(call: Call, query: Asked) -> Json:
    template, shown = template_contents.read(call, query, Medium.PUSH)
    return template_contents.with_campaign(template, template_contents.with_dates(template, shown))


def upsert_push(call: Call, body: PushUpsert) -> Json:
    return template_contents.upsert(call, body, body.client_template_id, Medium.PUSH)


def update_push(call: Call, body: PushUpdate) -> Json:
    return template_contents.update(call, body, body.template_id, Medium.PUSH)


def prove_push(call: Call, body: Proof) -> Json:
    return template_contents.prove(call, body, Medium.PUSH)


ROUTES: Final = (
    get("/api/templates/push/get", get_push, per_second(100)),
    post("/api/templates/push/upsert", upsert_push),
    post("/api/templates/push/update", update_push),
    post(
        "/api/templates/push/proof",
        prove_push,
        per_second(20, Scope.API_KEY),
        effect=Effect.SEND,
    ),
)
