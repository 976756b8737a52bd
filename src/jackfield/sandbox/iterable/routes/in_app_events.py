"""`/api/events`: what users do with messages in an app or a browser."""

from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.keys import CLIENT_SIDE, JAVASCRIPT, MOBILE
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.state.messages import Message
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import post
from jackfield.sandbox.iterable.work import profiles, tracking
from jackfield.sandbox.iterable.work.profiles import Identity


class DeviceInfo(Struct, rename="camel"):
    device_id: str
    platform: Literal["iOS", "Android", "Web"]
    app_package_name: str


class MessageContext(Struct, rename="camel"):
    location: str | None = None
    save_to_inbox: bool | None = None
    silent_inbox: bool | None = None


class InAppEvent(Struct, rename="camel", kw_only=True):
    message_id: str
    email: str | None = None
    user_id: str | None = None
    created_at: int | None = None
    device_info: DeviceInfo | None = None
    message_context: MessageContext | None = None


class InAppClick(InAppEvent, kw_only=True):
    clicked_url: str | None = None


class InAppClose(InAppEvent, kw_only=True):
    clicked_url: str | None = None
    close_action: str | None = None
    inbox_session_id: str | None = None


class InAppConsume(InAppEvent, kw_only=True):
    delete_action: str | None = None


class PushOpen(Struct, rename="camel"):
    campaign_id: int
    message_id: str
    template_id: int | None = None
    email: str | None = None
    user_id: str | None = None
    created_at: int | None = None
    data_fields: dict[str, Json] | None = None


class WebPushClick(Struct, rename="camel"):
    message_id: str
    campaign_id: int | None = None
    template_id: int | None = None
    email: str | None = None
    user_id: str | None = None
    created_at: int | None = None


def track_in_app_open(call: Call, body: InAppEvent) -> Json:
    message = _record(call.project, body, "inAppOpen")
    message.read = True
    return success()


def track_in_app_click(call: Call, body: InAppClick) -> Json:
    _record(call.project, body, "inAppClick", clickedUrl=body.clicked_url)
    return success()


def track_in_app_close(call: Call, body: InAppClose) -> Json:
    _record(
        call.project,
        body,
        "inAppClose",
        clickedUrl=body.clicked_url,
        closeAction=body.close_action,
        inboxSessionId=body.inbox_session_id,
    )
    return success()


def track_in_app_delivery(call: Call, body: InAppEvent) -> Json:
    _record(call.project, body, "inAppDelivery")
    return success()


def consume_in_app(call: Call, body: InAppConsume) -> Json:
    message = _record(call.project, body, "inAppDelete", deleteAction=body.delete_action)
    message.consumed = True
    return success()


def track_push_open(call: Call, body: PushOpen) -> Json:
    if body.campaign_id not in call.project.campaigns:
        msg = "Invalid Campaign Id"
        raise bad_params(msg, {"campaignId": str(body.campaign_id)})
    values = {
        "campaignId": body.campaign_id,
        "templateId": body.template_id,
        "messageId": body.message_id,
        "dataFields": body.data_fields or {},
    }
    who = Identity(body.email, body.user_id)
    tracking.record(call.project, who, "pushOpen", values, created_at=body.created_at)
    return success()


def track_web_push_click(call: Call, body: WebPushClick) -> Json:
    values = {
        "campaignId": body.campaign_id,
        "templateId": body.template_id,
        "messageId": body.message_id,
    }
    who = Identity(body.email, body.user_id)
    tracking.record(call.project, who, "webPushClick", values, created_at=body.created_at)
    return success()


def require_message(project: Project, message_id: str, who: Identity) -> Message:
    """
    Find a message that was sent to this user.

    Raises:
        Refusal: there is no such user, or no such message of theirs.
    """
    user = profiles.require(project, who)
    message = project.messages.find(message_id)
    if message is None or message.user is not user:
        msg = f"Invalid messageId: {message_id}"
        raise bad_params(msg, {"messageId": message_id})
    return message


def facts_of(message: Message) -> dict[str, Json]:
    return {
        "campaignId": message.campaign.id,
        "templateId": message.campaign.template_id,
        "messageId": message.id,
    }


def _record(project: Project, body: InAppEvent, kind: str, **values: Json) -> Message:
    who = Identity(body.email, body.user_id)
    message = require_message(project, body.message_id, who)
    shown = {**facts_of(message), **values}
    tracking.record(project, who, kind, shown, created_at=body.created_at)
    return message


ROUTES: Final = (
    post("/api/events/inAppConsume", consume_in_app, client_side=CLIENT_SIDE),
    post("/api/events/trackInAppClick", track_in_app_click, client_side=CLIENT_SIDE),
    post("/api/events/trackInAppClose", track_in_app_close, client_side=CLIENT_SIDE),
    post("/api/events/trackInAppDelivery", track_in_app_delivery, client_side=CLIENT_SIDE),
    post("/api/events/trackInAppOpen", track_in_app_open, client_side=CLIENT_SIDE),
    post("/api/events/trackPushOpen", track_push_open, client_side=MOBILE),
    post("/api/events/trackWebPushClick", track_web_push_click, client_side=JAVASCRIPT),
)
