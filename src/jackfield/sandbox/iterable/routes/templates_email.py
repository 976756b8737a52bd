"""`/api/templates/email`."""

from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import Scope, per_second
from jackfield.sandbox.iterable.routes import template_contents
from jackfield.sandbox.iterable.routes.template_contents import (
    Asked,
    Content,
    Link,
    Preview,
    Proof,
)
from jackfield.sandbox.iterable.routes.templates import summarize
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Effect, get, post
from jackfield.sandbox.replies import Reply


class EmailContent(Content, kw_only=True):
    subject: str | None = None
    preheader_text: str | None = None
    from_name: str | None = None
    from_email: str | None = None
    reply_to_email: str | None = None
    cc_emails: list[str] | None = None
    bcc_emails: list[str] | None = None
    html: str | None = None
    plain_text: str | None = None
    google_analytics_campaign_name: str | None = None
    link_params: list[Link] | None = None
    data_feed_id: int | None = None
    data_feed_ids: list[int] | None = None
    cache_data_feed: bool | None = None
    merge_data_feed_context: bool | None = None


class EmailUpsert(EmailContent, kw_only=True):
    client_template_id: str


class EmailUpdate(EmailContent, kw_only=True):
    template_id: int
    client_template_id: str | None = None


def get_email(call: Call, query: Asked) -> Json:
    template, shown = template_contents.read(call, query, Medium.EMAIL)
    return {**shown, "creatorUserId": template.creator, "metadata": summarize(template)}


def upsert_email(call: Call, body: EmailUpsert) -> Json:
    return template_contents.upsert(call, body, body.client_template_id, Medium.EMAIL)


def update_email(call: Call, body: EmailUpdate) -> Json:
    return template_contents.update(call, body, body.template_id, Medium.EMAIL)


def prove_email(call: Call, body: Proof) -> Json:
    return template_contents.prove(call, body, Medium.EMAIL)


def preview_email(call: Call, query: Asked, body: Preview) -> Reply:
    return template_contents.preview(call, query, body, Medium.EMAIL)


ROUTES: Final = (
    get("/api/templates/email/get", get_email, per_second(100)),
    post("/api/templates/email/upsert", upsert_email),
    post("/api/templates/email/update", update_email),
    post(
        "/api/templates/email/proof",
        prove_email,
        per_second(20, Scope.API_KEY),
        effect=Effect.SEND,
    ),
    post("/api/templates/email/preview", preview_email, per_second(10), effect=Effect.READ),
)
