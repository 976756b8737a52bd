"""`/api/embedded-messaging`: messages that are part of a page, and what users do with them."""

from typing import Final

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.keys import CLIENT_SIDE
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.routes.in_app_events import (
    DeviceInfo,
    facts_of,
    require_message,
)
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.messages import Message
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import get, post
from jackfield.sandbox.iterable.work import contents, profiles, tracking
from jackfield.sandbox.iterable.work.profiles import Identity


class Placements(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None
    placement_ids: tuple[int, ...] = ()


class Received(Struct, rename="camel", kw_only=True):
    message_id: str
    email: str | None = None
    user_id: str | None = None
    created_at: int | None = None
    device_info: DeviceInfo | None = None


class Click(Received, kw_only=True):
    button_identifier: str | None = None
    target_url: str | None = None


class Impression(Struct, rename="camel", omit_defaults=True):
    message_id: str | None = None
    placement_id: int | None = None
    display_count: int | None = None
    display_duration: float | None = None


class Session(Struct, omit_defaults=True):
    id: str | None = None
    start: int | None = None
    end: int | None = None


class SessionEvent(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None
    session: Session | None = None
    impressions: list[Impression] | None = None
    created_at: int | None = None
    device_info: DeviceInfo | None = None


def list_messages(call: Call, query: Placements) -> Json:
    project = call.project
    user = profiles.find(project, Identity(query.email, query.user_id))
    placements: dict[int, list[Json]] = {}
    for message in project.messages.to(user, Medium.EMBEDDED) if user is not None else ():
        place = message.campaign.placement_id or _placement_of(project, message)
        if not query.placement_ids or place in query.placement_ids:
            shown = placements.setdefault(place, [])
            shown.append(_show(project, message, place, priority=len(shown) + 1))
    return {
        "placements": [
            {"placementId": place, "embeddedMessages": shown} for place, shown in placements.items()
        ]
    }


def track_received(call: Call, body: Received) -> Json:
    _record(call.project, body, "embeddedReceived")
    return success()


def track_click(call: Call, body: Click) -> Json:
    _record(
        call.project,
        body,
        "embeddedClick",
        buttonIdentifier=body.button_identifier,
        targetUrl=body.target_url,
    )
    return success()


def track_session(call: Call, body: SessionEvent) -> Json:
    """Record a session, and an impression of each message seen in it."""
    project, who = call.project, Identity(body.email, body.user_id)
    session = body.session or Session()
    facts = {"id": session.id, "start": session.start, "end": session.end}
    tracking.record(project, who, "embeddedSession", facts, created_at=body.created_at)
    for seen in body.impressions or ():
        values = {
            "messageId": seen.message_id,
            "placementId": seen.placement_id,
            "displayCount": seen.display_count,
            "displayDuration": seen.display_duration,
        }
        tracking.record(project, who, "embeddedImpression", values, created_at=body.created_at)
    return success()


def _record(project: Project, body: Received, kind: str, **values: Json) -> None:
    who = Identity(body.email, body.user_id)
    message = require_message(project, body.message_id, who)
    shown = {**facts_of(message), **values}
    tracking.record(project, who, kind, shown, created_at=body.created_at)


def _placement_of(project: Project, message: Message) -> int:
    return int(contents.content_of(project, message).get("placementId") or 0)


def _show(project: Project, message: Message, place: int, *, priority: int) -> Json:
    content = contents.content_of(project, message)
    texts = {
        name: contents.render_for(project, message, content[name])
        for name in ("title", "body")
        if name in content
    }
    return {
        "metadata": {
            "messageId": message.id,
            "campaignId": message.campaign.id,
            "placementId": place,
            "priorityOrder": priority,
            "isProof": False,
        },
        "elements": {**content.get("elements", {}), **texts},
        "payload": content.get("payload", {}),
    }


ROUTES: Final = (
    get("/api/embedded-messaging/messages", list_messages, client_side=CLIENT_SIDE),
    post("/api/embedded-messaging/events/click", track_click, client_side=CLIENT_SIDE),
    post("/api/embedded-messaging/events/received", track_received, client_side=CLIENT_SIDE),
    post("/api/embedded-messaging/events/session", track_session, client_side=CLIENT_SIDE),
)
