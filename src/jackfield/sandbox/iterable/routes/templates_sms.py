"""`/api/templates/sms`."""

from typing import Final

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import Scope, per_second
from jackfield.sandbox.iterable.routes import template_contents
from jackfield.sandbox.iterable.routes.template_contents import Asked, Content, Link, Proof
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import Effect, get, post


class SmsContent(Content, kw_only=True):
    message: str | None = None
    image_url: str | None = None
    google_analytics_campaign_name: str | None = None
    link_params: list[Link] | None = None
    tracking_domain: str | None = None


class SmsUpsert(SmsContent, kw_only=True):
    client_template_id: str


class SmsUpdate(SmsContent, kw_only=True):
    template_id: int
    client_template_id: str | None = None


def get_sms(call: Call, query: Asked) -> Json:
    template, shown = template_contents.read(call, query, Medium.SMS)
    return template_contents.with_campaign(template, template_contents.with_dates(template, shown))


def upsert_sms(call: Call, body: SmsUpsert) -> Json:
    return template_contents.upsert(call, body, body.client_template_id, Medium.SMS)


def update_sms(call: Call, body: SmsUpdate) -> Json:
    return template_contents.update(call, body, body.template_id, Medium.SMS)


def prove_sms(call: Call, body: Proof) -> Json:
    return template_contents.prove(call, body, Medium.SMS)


ROUTES: Final = (
    get("/api/templates/sms/get", get_sms, per_second(100)),
    post("/api/templates/sms/upsert", upsert_sms),
    post("/api/templates/sms/update", update_sms),
    post(
        "/api/templates/sms/proof",
        prove_sms,
        per_second(20, Scope.API_KEY),
        effect=Effect.SEND,
    ),
)
