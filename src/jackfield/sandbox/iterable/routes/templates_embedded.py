"""`/api/templates/embedded`."""

from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_second
from jackfield.sandbox.iterable.routes import template_contents
from jackfield.sandbox.iterable.routes.template_contents import Asked, Content
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import get, post


class Action(Struct, omit_defaults=True):
    type: str | None = None
    data: str | None = None


class Button(Struct, omit_defaults=True):
    id: str | None = None
    title: str | None = None
    action: Action | None = None


class Text(Struct, omit_defaults=True):
    label: str | None = None
    text: str | None = None


class Elements(Struct, rename="camel", omit_defaults=True):
    buttons: list[Button] | None = None
    default_action: Action | None = None
    media_url: str | None = None
    media_url_caption: str | None = None
    text: list[Text] | None = None


class EmbeddedContent(Content, kw_only=True):
    title: str | None = None
    body: str | None = None
    elements: Elements | None = None
    payload: dict[str, Json] | None = None
    placement_id: int | None = None


class EmbeddedUpsert(EmbeddedContent, kw_only=True):
    client_template_id: str


class EmbeddedUpdate(EmbeddedContent, kw_only=True):
    template_id: int
    client_template_id: str | None = None


def get_embedded(call: Call, query: Asked) -> Json:
    template, shown = template_contents.read(call, query, Medium.EMBEDDED)
    return template_contents.with_campaign(template, shown)


def upsert_embedded(call: Call, body: EmbeddedUpsert) -> Json:
    return template_contents.upsert(call, body, body.client_template_id, Medium.EMBEDDED)


def update_embedded(call: Call, body: EmbeddedUpdate) -> Json:
    return template_contents.update(call, body, body.template_id, Medium.EMBEDDED)


ROUTES: Final = (
    get("/api/templates/embedded/get", get_embedded, per_second(100)),
    post("/api/templates/embedded/upsert", upsert_embedded),
    post("/api/templates/embedded/update", update_embedded),
)
