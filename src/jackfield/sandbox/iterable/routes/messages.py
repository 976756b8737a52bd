"""`/api/users/getSentMessages` and `/api/email/viewInBrowser`: messages sent to a user."""

from http import HTTPStatus
from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_second
from jackfield.sandbox.iterable.refusals import bad_params, refusal
from jackfield.sandbox.iterable.state.campaigns import CampaignKind
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.messages import Message
from jackfield.sandbox.iterable.times import stamp
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import read_moment
from jackfield.sandbox.iterable.wire.routing import get
from jackfield.sandbox.iterable.work import contents, profiles
from jackfield.sandbox.iterable.work.profiles import Identity
from jackfield.sandbox.replies import HTML, Reply, text_reply

_MOST: Final = 1000


class SentMessages(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None
    limit: int = 10
    campaign_ids: tuple[int, ...] = ()
    start_date_time: str | None = None
    end_date_time: str | None = None
    exclude_blast_campaigns: bool = False
    message_medium: Literal["Email", "Push", "InApp", "SMS"] | None = None


class View(Struct, rename="camel"):
    message_id: str
    email: str | None = None
    user_id: str | None = None


def get_sent_messages(call: Call, query: SentMessages) -> Json:
    if not 1 <= query.limit <= _MOST:
        msg = f"Invalid limit: {query.limit}, must be between 1 and {_MOST}"
        raise bad_params(msg)
    start = read_moment("startDateTime", query.start_date_time)
    end = read_moment("endDateTime", query.end_date_time)
    user = profiles.require(call.project, Identity(query.email, query.user_id))
    chosen = [
        message
        for message in reversed(call.project.messages.to(user))
        if _is_asked_for(message, query)
        and (start is None or message.sent_at >= start)
        and (end is None or message.sent_at < end)
    ]
    newest = sorted(chosen, key=lambda message: message.sent_at, reverse=True)
    return {"messages": [_show(message) for message in newest[: query.limit]]}


def view_in_browser(call: Call, query: View) -> Reply:
    project = call.project
    user = profiles.require(project, Identity(query.email, query.user_id))
    message = project.messages.find(query.message_id)
    if message is None or message.user is not user or message.campaign.medium is not Medium.EMAIL:
        raise refusal(
            HTTPStatus.NOT_FOUND, "NotFound", f"Message {query.message_id} does not exist"
        )
    source = str(contents.content_of(project, message).get("html", ""))
    return text_reply(contents.render_for(project, message, source), content_type=HTML)


def _is_asked_for(message: Message, query: SentMessages) -> bool:
    campaign = message.campaign
    if query.campaign_ids and campaign.id not in query.campaign_ids:
        return False
    if query.exclude_blast_campaigns and campaign.kind is CampaignKind.BLAST:
        return False
    return query.message_medium is None or campaign.medium == query.message_medium


def _show(message: Message) -> Json:
    return {
        "messageId": message.id,
        "campaignId": message.campaign.id,
        "templateId": message.campaign.template_id,
        "createdAt": stamp(message.sent_at),
    }


ROUTES: Final = (
    get("/api/users/getSentMessages", get_sent_messages, per_second(3)),
    get("/api/email/viewInBrowser", view_in_browser, per_second(100)),
)
