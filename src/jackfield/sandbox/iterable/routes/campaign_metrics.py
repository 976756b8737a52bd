"""`/api/campaigns/metrics`: counts as CSV, some under a name that another column has too."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import Struct

from jackfield.sandbox.iterable.access.buckets import per_minute
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.state.campaigns import Campaign
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import read_moment
from jackfield.sandbox.iterable.wire.routing import get
from jackfield.sandbox.iterable.work.text import csv_line
from jackfield.sandbox.replies import Reply, text_reply

# Column names and the events they count. "Unique Emails Sent" and "Unique Pushes Sent" aside, the
# provider's own report has columns that share a name; so has this one.
_COLUMNS: Final = (
    ("Total Emails Sent", "emailSend"),
    ("Total Emails Delivered", "emailSend"),
    ("Total Email Opens", "emailOpen"),
    ("Total Emails Clicked", "emailClick"),
    ("Total Emails Bounced", "emailBounce"),
    ("Total Complaints", "emailComplaint"),
    ("Total Unsubscribes", "emailUnSubscribe"),
    ("Total Pushes Sent", "pushSend"),
    ("Total Pushes Opened", "pushOpen"),
    ("Total In-app Sent", "inAppSend"),
    ("Total In-app Opens", "inAppOpen"),
    ("Total SMS Sent", "smsSend"),
    ("Total Custom Conversions", "customEvent"),
    ("Total Purchases", "purchase"),
    ("Total Unsubscribes", "hostedUnsubscribeClick"),
)


class Metrics(Struct, rename="camel"):
    campaign_id: tuple[int, ...] = ()
    start_date_time: str | None = None
    end_date_time: str | None = None


def get_metrics(call: Call, query: Metrics) -> Reply:
    if not query.campaign_id:
        msg = "Missing parameter: campaignId"
        raise bad_params(msg)
    start = read_moment("startDateTime", query.start_date_time)
    end = read_moment("endDateTime", query.end_date_time)
    lines = [csv_line(["id", *(name for name, _ in _COLUMNS)])]
    for number in query.campaign_id:
        campaign = call.project.campaigns.find(number)
        if campaign is None:
            msg = "Invalid Campaign Id"
            raise bad_params(msg, {"campaignId": str(number)})
        counts = Counter(_kinds(call.project, campaign, start, end))
        lines.append(csv_line([str(number), *(str(counts[kind]) for _, kind in _COLUMNS)]))
    return text_reply("".join(lines))


def _kinds(
    project: Project, campaign: Campaign, start: datetime | None, end: datetime | None
) -> Iterator[str]:
    for kind in {kind for _, kind in _COLUMNS}:
        for event in project.events.of_kind(kind):
            if event.values.get("campaignId") != campaign.id:
                continue
            if (start is None or event.at >= start) and (end is None or event.at < end):
                yield kind


ROUTES: Final = (get("/api/campaigns/metrics", get_metrics, per_minute(10)),)
