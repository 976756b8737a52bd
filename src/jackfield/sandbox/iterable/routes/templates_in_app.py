"""`/api/templates/inapp`."""

from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import Scope, per_second
from jackfield.sandbox.iterable.routes import template_contents
from jackfield.sandbox.iterable.routes.template_contents import Asked, Content, Preview, Proof
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import read_moment
from jackfield.sandbox.iterable.wire.routing import Effect, get, post
from jackfield.sandbox.replies import Reply


class InboxMetadata(Struct, omit_defaults=True):
    title: str | None = None
    subtitle: str | None = None
    icon: str | None = None


class InAppContent(Content, kw_only=True):
    html: str | None = None
    expiration_date_time: str | None = None
    expiration_duration: str | None = None
    in_app_display_settings: dict[str, Json] | None = None
    web_in_app_display_settings: dict[str, Json] | None = None
    inbox_metadata: InboxMetadata | None = None
    payload: dict[str, Json] | None = None


class InAppUpsert(InAppContent, kw_only=True):
    client_template_id: str


class InAppUpdate(InAppContent, kw_only=True):
    template_id: int
    client_template_id: str | None = None


def get_in_app(call: Call, query: Asked) -> Json:
    template, shown = template_contents.read(call, query, Medium.IN_APP)
    return template_contents.with_campaign(template, shown)


def upsert_in_app(call: Call, body: InAppUpsert) -> Json:
    read_moment("expirationDateTime", body.expiration_date_time)
    return template_contents.upsert(call, body, body.client_template_id, Medium.IN_APP)


def update_in_app(call: Call, body: InAppUpdate) -> Json:
    read_moment("expirationDateTime", body.expiration_date_time)
    return template_contents.update(call, body, body.template_id, Medium.IN_APP)


def prove_in_app(call: Call, body: Proof) -> Json:
    return template_contents.prove(call, body, Medium.IN_APP)


def preview_in_app(call: Call, query: Asked, body: Preview) -> Reply:
    return template_contents.preview(call, query, body, Medium.IN_APP)


ROUTES: Final = (
    get("/api/templates/inapp/get", get_in_app),
    post("/api/templates/inapp/upsert", upsert_in_app),
    post("/api/templates/inapp/update", update_in_app),
    post(
        "/api/templates/inapp/proof",
        prove_in_app,
        per_second(20, Scope.API_KEY),
        effect=Effect.SEND,
    ),
    post("/api/templates/inapp/preview", preview_in_app, per_second(10), effect=Effect.READ),
)
