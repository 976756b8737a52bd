"""Sending a campaign's message to a user, now or later."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.state.campaigns import Campaign
from jackfield.sandbox.iterable.state.events import Event
from jackfield.sandbox.iterable.state.messages import Message, ScheduledMessage
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.state.users import User
from jackfield.sandbox.iterable.work.subscriptions import wants


def send(
    project: Project,
    campaign: Campaign,
    user: User,
    *,
    context: Mapping[str, Json] | None = None,
    at: datetime,
) -> Message | None:
    """Send a message and record it; a user who wants none gets none, which is recorded too."""
    reason = _obstacle(project, campaign, user)
    if reason is not None:
        _record(project, campaign, user, "SendSkip", at, {"reason": reason})
        return None
    message = Message(_message_id(project), campaign, user, at, context or {})
    project.messages.add(message)
    _record(project, campaign, user, "Send", at, {"messageId": message.id})
    return message


def schedule(
    project: Project,
    campaign: Campaign,
    user: User,
    *,
    context: Mapping[str, Json],
    at: datetime,
) -> ScheduledMessage:
    """Have a message sent when its time comes, unless it is canceled before."""
    scheduled = project.scheduled.make(
        lambda number: ScheduledMessage(number, campaign, user, at, context)
    )

    def deliver(now: datetime) -> None:
        due = project.scheduled.find(scheduled.id)
        if due is not None:
            project.scheduled.remove(due.id)
            send(project, campaign, due.user, context=context, at=now)

    project.agenda.add(at, deliver)
    return scheduled


def hand_over(project: Project, source: User, destination: User) -> None:
    """Make one user's messages another's, those that are still to be sent among them."""
    project.messages.hand_over(source, destination)
    for each in project.scheduled:
        if each.user is source:
            project.scheduled.put(each.id, replace(each, user=destination))


def _obstacle(project: Project, campaign: Campaign, user: User) -> str | None:
    template = project.templates.find(campaign.template_id)
    if template is not None and not wants(project, user, template.message_type_id):
        return "UnsubscribedMessageType"
    for group in project.lists:
        suppresses = group.suppresses_globally or group.id in campaign.suppression_list_ids
        if suppresses and user in group.members:
            return "SuppressionList"
    return None


def _record(
    project: Project,
    campaign: Campaign,
    user: User,
    happening: str,
    at: datetime,
    values: Mapping[str, Json],
) -> None:
    kind = campaign.medium.event_prefix + happening
    facts = {"campaignId": campaign.id, "templateId": campaign.template_id, **values}
    project.events.put(Event(kind, at, user, facts))


def _message_id(project: Project) -> str:
    text = f"{project.region} message {project.messages.take_number()}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
