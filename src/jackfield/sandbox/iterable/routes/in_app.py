"""`/api/inApp`: the messages in a user's app."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable import times
from jackfield.sandbox.iterable.access.keys import CLIENT_SIDE, JAVASCRIPT
from jackfield.sandbox.iterable.state.channels import Medium
from jackfield.sandbox.iterable.state.messages import Message
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.times import epoch_ms
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.routing import get
from jackfield.sandbox.iterable.work import contents, profiles
from jackfield.sandbox.iterable.work.profiles import Identity

_RELATIVE: Final = re.compile(r"now\+(?P<count>\d{1,4})(?P<unit>[hdw])")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_USUAL_PRIORITY: Final = 300.5


class Inbox(Struct, rename="camel"):
    count: Annotated[int, Meta(ge=0)]
    email: str | None = None
    user_id: str | None = None
    platform: Literal["iOS", "Android", "Web", "OTT"] | None = None


class First(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None
    platform: Literal["iOS", "Android", "Web", "OTT"] | None = None


def get_messages(call: Call, query: Inbox) -> Json:
    return _messages(call, Identity(query.email, query.user_id), query.count)


def get_priority_message(call: Call, query: First) -> Json:
    return _messages(call, Identity(query.email, query.user_id), 1)


def _messages(call: Call, who: Identity, count: int) -> Json:
    project = call.project
    user = profiles.find(project, who)
    waiting = project.messages.to(user, Medium.IN_APP) if user is not None else []
    shown: list[Json] = []
    for message in waiting:
        if not message.consumed and len(shown) < count:
            expires = _expiry(contents.content_of(project, message), message.sent_at)
            if expires is None or expires > project.now:
                shown.append(_show(project, message, expires))
    return {"inAppMessages": shown}


def _show(project: Project, message: Message, expires: datetime | None) -> Json:
    content = contents.content_of(project, message)
    shown: dict[str, Json] = {
        "messageId": message.id,
        "campaignId": message.campaign.id,
        "createdAt": epoch_ms(message.sent_at),
        "content": {
            "html": contents.render_for(project, message, str(content.get("html", ""))),
            "inAppDisplaySettings": content.get("inAppDisplaySettings", {}),
            "webInAppDisplaySettings": content.get("webInAppDisplaySettings", {}),
        },
        "customPayload": content.get("payload", {}),
        "trigger": {"type": "immediate"},
        "saveToInbox": "inboxMetadata" in content,
        "read": message.read,
        "priorityLevel": _USUAL_PRIORITY,
        "jsonOnly": False,
        "typeOfContent": "Static",
        "messageType": "Mobile",
    }
    if expires is not None:
        shown["expiresAt"] = epoch_ms(expires)
    if "inboxMetadata" in content:
        shown["inboxMetadata"] = content["inboxMetadata"]
    return shown


def _expiry(content: dict[str, Json], sent_at: datetime) -> datetime | None:
    relative = _RELATIVE.fullmatch(str(content.get("expirationDuration", "")))
    if relative is not None:
        return sent_at + int(relative["count"]) * _UNITS[relative["unit"]]
    absolute = content.get("expirationDateTime")
    return times.parse(absolute) if absolute else None


ROUTES: Final = (
    get("/api/inApp/getMessages", get_messages, client_side=CLIENT_SIDE),
    get("/api/inApp/getPriorityMessage", get_priority_message, client_side=CLIENT_SIDE),
    get("/api/inApp/web/getMessages", get_messages, client_side=JAVASCRIPT),
)
