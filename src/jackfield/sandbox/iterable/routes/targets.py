"""Sending one user a triggered campaign's message, in each medium, and calling that off."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeAlias

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.state.campaigns import Campaign, CampaignKind, CampaignState
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.messages import ScheduledMessage
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.times import iso
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import send_time
from jackfield.sandbox.iterable.wire.routing import Effect, post
from jackfield.sandbox.iterable.work import delivery, profiles
from jackfield.sandbox.iterable.work.profiles import Identity

_FURTHEST: Final = timedelta(days=365)


class Target(Struct, rename="camel"):
    campaign_id: int
    recipient_email: str | None = None
    recipient_user_id: str | None = None
    recipient_phone: str | None = None
    data_fields: dict[str, Json] | None = None
    metadata: dict[str, Json] | None = None
    send_at: str | None = None
    allow_repeat_marketing_sends: bool | None = None


class Cancellation(Struct, rename="camel"):
    campaign_id: int | None = None
    scheduled_message_id: int | None = None
    email: str | None = None
    user_id: str | None = None


_Target: TypeAlias = Callable[[Call, Target], Json]
_Cancel: TypeAlias = Callable[[Call, Cancellation], Json]


def target_in(medium: Medium) -> _Target:
    """Return the handler that sends messages of one medium."""

    def target(call: Call, body: Target) -> Json:
        project = call.project
        campaign = _require_campaign(project, body.campaign_id, medium)
        at = send_time(project, body.send_at, furthest=_FURTHEST)
        user = _recipient(project, body, medium)
        context = body.data_fields or {}
        if at is not None and at > project.now:
            scheduled = delivery.schedule(project, campaign, user, context=context, at=at)
            return success(
                f"Scheduled triggered message for: {iso(at)} to: {user.name}",
                {"scheduledMessageId": scheduled.id},
            )
        if body.allow_repeat_marketing_sends is False and _is_repeat(project, campaign, user):
            return success(f"Campaign {campaign.id} - Skipped repeat send to: {user.name}")
        delivery.send(project, campaign, user, context=context, at=project.now)
        return success(f"Campaign {campaign.id} - Sent triggered message to: {user.name}")

    return target


def cancel_in(medium: Medium) -> _Cancel:
    """Return the handler that cancels scheduled messages of one medium: all that match."""

    def cancel(call: Call, body: Cancellation) -> Json:
        project = call.project
        if body.campaign_id is None and body.scheduled_message_id is None:
            msg = "Must provide either a campaignId or scheduledMessageId"
            raise bad_params(msg)
        chosen = [
            each
            for each in project.scheduled
            if each.campaign.medium is medium and _is_meant(each, body)
        ]
        if not chosen:
            msg = "No scheduled messages found- Invalid email and campaignId combination"
            raise bad_params(msg)
        for each in chosen:
            project.scheduled.remove(each.id)
        return success(f"Canceled {len(chosen)} scheduled messages")

    return cancel


def _require_campaign(project: Project, number: int, medium: Medium) -> Campaign:
    campaign = project.campaigns.find(number)
    if (
        campaign is None
        or campaign.medium is not medium
        or campaign.kind is not CampaignKind.TRIGGERED
    ):
        msg = "Invalid campaignId" if medium is Medium.EMAIL else "Invalid Campaign Id"
        raise bad_params(msg, {"campaignId": str(number)})
    if campaign.state is not CampaignState.RUNNING:
        msg = f"Campaign {number} is {campaign.state}, expected Running"
        raise bad_params(msg, {"campaignId": str(number)})
    return campaign


def _recipient(project: Project, body: Target, medium: Medium) -> User:
    """Find who is to get it; somebody new with an address becomes a user."""
    if body.recipient_phone is not None and medium in {Medium.SMS, Medium.WHATSAPP}:
        phone = body.recipient_phone
        found = next((u for u in project.users if u.fields.get("phoneNumber") == phone), None)
        if found is None:
            msg = f"No user has the phone number {phone}"
            raise bad_params(msg)
        return found
    who = Identity(body.recipient_email, body.recipient_user_id)
    profiles.require_possible(project, who)
    return profiles.place(project, who, now=project.now)


def _is_repeat(project: Project, campaign: Campaign, user: User) -> bool:
    template = project.templates.find(campaign.template_id)
    message_type = project.message_types.find(template.message_type_id) if template else None
    channel = project.channels.find(message_type.channel_id) if message_type else None
    is_marketing = channel is None or channel.channel_type == "Marketing"
    return is_marketing and project.messages.has_had(user, campaign)


def _is_meant(scheduled: ScheduledMessage, body: Cancellation) -> bool:
    if body.scheduled_message_id is not None:
        return scheduled.id == body.scheduled_message_id
    if scheduled.campaign.id != body.campaign_id:
        return False
    user = scheduled.user
    if body.email:
        return (user.email or "").lower() == body.email.lower()
    return body.user_id is not None and user.user_id == body.user_id


ROUTES: Final = (
    post("/api/email/target", target_in(Medium.EMAIL), effect=Effect.SEND),
    post("/api/push/target", target_in(Medium.PUSH), effect=Effect.SEND),
    post("/api/sms/target", target_in(Medium.SMS), effect=Effect.SEND),
    post("/api/inApp/target", target_in(Medium.IN_APP), effect=Effect.SEND),
    post("/api/webPush/target", target_in(Medium.WEB_PUSH), effect=Effect.SEND),
    post("/api/whatsApp/target", target_in(Medium.WHATSAPP), effect=Effect.SEND),
    post("/api/email/cancel", cancel_in(Medium.EMAIL)),
    post("/api/push/cancel", cancel_in(Medium.PUSH)),
    post("/api/sms/cancel", cancel_in(Medium.SMS)),
    post("/api/inApp/cancel", cancel_in(Medium.IN_APP)),
    post("/api/webPush/cancel", cancel_in(Medium.WEB_PUSH)),
    post("/api/whatsApp/cancel", cancel_in(Medium.WHATSAPP)),
)
