"""Behavior shared by the template routes of all media."""

from http import HTTPStatus
from typing import Final, cast

import msgspec
from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import Refusal, bad_params, refusal
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.project import OWNER, Project
from jackfield.sandbox.iterable.state.templates import Template
from jackfield.sandbox.iterable.times import epoch_ms
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.work import profiles, rendering
from jackfield.sandbox.iterable.work.contents import snippet_finder
from jackfield.sandbox.iterable.work.profiles import Identity
from jackfield.sandbox.replies import HTML, Reply, text_reply

# Facts of the template itself; whatever else a body says is content in one locale.
_FACTS: Final = frozenset(
    {
        "name",
        "locale",
        "isDefaultLocale",
        "messageTypeId",
        "creatorUserId",
        "clientTemplateId",
        "templateId",
        "campaignId",
    }
)


class Asked(Struct, rename="camel"):
    template_id: int
    locale: str | None = None


class Content(Struct, rename="camel", kw_only=True):
    """What may be written about a template of any medium."""

    name: str | None = None
    locale: str | None = None
    is_default_locale: bool | None = None
    message_type_id: int | None = None
    creator_user_id: str | None = None
    campaign_id: int | None = None
    campaign_data_fields: dict[str, Json] | None = None


class Link(Struct):
    key: str
    value: str


class Proof(Struct, rename="camel"):
    template_id: int
    recipient_email: str | None = None
    recipient_user_id: str | None = None
    locale: str | None = None
    data_fields: dict[str, Json] | None = None


class Preview(Struct, rename="camel"):
    data_fields: dict[str, Json] | None = None
    data_feed: dict[str, Json] | None = None
    fetch_data_feeds: bool | None = None


def read(call: Call, asked: Asked, medium: Medium) -> tuple[Template, dict[str, Json]]:
    """
    Return a template, and its content in the asked locale with what names both.

    Raises:
        Refusal: there is no such template of this medium, or no such locale of it.
    """
    template = require(call.project, asked.template_id, medium)
    locale = asked.locale or template.default_locale
    shown = {
        "templateId": template.id,
        "name": template.name,
        "messageTypeId": template.message_type_id,
        "locale": locale,
        "isDefaultLocale": locale == template.default_locale,
        **_require_content(template, asked.locale),
    }
    if template.client_template_id is not None:
        shown["clientTemplateId"] = template.client_template_id
    return template, shown


def with_campaign(template: Template, shown: dict[str, Json]) -> dict[str, Json]:
    if template.campaign_id is not None:
        shown["campaignId"] = template.campaign_id
    return shown


def with_dates(template: Template, shown: dict[str, Json]) -> dict[str, Json]:
    shown["createdAt"] = epoch_ms(template.created_at)
    shown["updatedAt"] = epoch_ms(template.updated_at)
    return shown


def upsert(call: Call, content: Content, client_id: str, medium: Medium) -> Json:
    """Write the templates a client's own id names, or make one."""
    project = call.project
    _check_message_type(project, content, medium)
    named = [
        each
        for each in project.templates
        if each.medium is medium and each.client_template_id == client_id
    ]
    if not named:
        named = [_make(project, content, client_id, medium)]
    for template in named:
        _write(project, template, content)
    numbers = ", ".join(str(template.id) for template in named)
    return success(f"Upserted {len(named)} templates with IDs: {numbers}")


def update(call: Call, content: Content, number: int, medium: Medium) -> Json:
    _check_message_type(call.project, content, medium)
    template = require(call.project, number, medium)
    _write(call.project, template, content)
    return success(f"Updated template {number}")


def prove(call: Call, body: Proof, medium: Medium) -> Json:
    """Pretend to send a proof."""
    template = require(call.project, body.template_id, medium)
    _require_content(template, body.locale)
    who = Identity(body.recipient_email, body.recipient_user_id)
    user = profiles.require(call.project, who)
    return success(f"Sent proof to {user.name}")


def preview(call: Call, asked: Asked, body: Preview, medium: Medium) -> Reply:
    template = require(call.project, asked.template_id, medium)
    content = _require_content(template, asked.locale)
    campaign_fields: dict[str, Json] = content.get("campaignDataFields") or {}
    fields = {**campaign_fields, **(body.data_fields or {})}
    context = rendering.Context(fields, body.data_feed or {}, snippet_finder(call.project))
    text = rendering.render(str(content.get("html", "")), context)
    return text_reply(text, content_type=HTML)


def require(project: Project, number: int, medium: Medium) -> Template:
    template = project.templates.find(number)
    if template is None or template.medium is not medium:
        msg = f"Template ID: {number} does not exist for this project"
        raise bad_params(msg, {"templateId": str(number)})
    return template


def _require_content(template: Template, locale: str | None) -> dict[str, Json]:
    content = template.content(locale)
    if content is None:
        raise _no_locale(template, locale)
    return content


def _no_locale(template: Template, locale: str | None) -> Refusal:
    msg = f"Template {template.id} has no content for locale {locale}"
    return refusal(HTTPStatus.NOT_FOUND, "NotFound", msg)


def _check_message_type(project: Project, content: Content, medium: Medium) -> None:
    if content.message_type_id is None:
        return
    message_type = project.message_types.find(content.message_type_id)
    channel = project.channels.find(message_type.channel_id) if message_type else None
    if channel is None or channel.medium is not medium:
        msg = f"Message type {content.message_type_id} does not exist for {medium} messages"
        raise bad_params(msg)


def _make(project: Project, content: Content, client_id: str, medium: Medium) -> Template:
    return project.templates.make(
        lambda number: Template(
            number,
            medium,
            content.name or client_id,
            content.message_type_id or _usual_message_type(project, medium),
            content.creator_user_id or OWNER,
            project.now,
            project.now,
            client_template_id=client_id,
            default_locale=content.locale or "en",
            campaign_id=content.campaign_id,
        )
    )


def _usual_message_type(project: Project, medium: Medium) -> int:
    channels = {each.id for each in project.channels if each.medium is medium}
    return next((each.id for each in project.message_types if each.channel_id in channels), 0)


def _write(project: Project, template: Template, content: Content) -> None:
    written = cast("dict[str, Json]", msgspec.to_builtins(content))
    values = {
        name: value for name, value in written.items() if value is not None and name not in _FACTS
    }
    locale = content.locale or template.default_locale
    template.contents[locale] = {**template.contents.get(locale, {}), **values}
    if content.is_default_locale:
        template.default_locale = locale
    template.name = content.name or template.name
    template.message_type_id = content.message_type_id or template.message_type_id
    template.client_template_id = written.get("clientTemplateId") or template.client_template_id
    template.creator = content.creator_user_id or template.creator
    template.updated_at = project.now
