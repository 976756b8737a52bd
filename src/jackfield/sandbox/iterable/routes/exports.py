"""`/api/export`: streams of everything of one kind."""

from datetime import timedelta
from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import per_minute
from jackfield.sandbox.iterable.refusals import bad_params
from jackfield.sandbox.iterable.routes.events import show
from jackfield.sandbox.iterable.state.jobs import Selection
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.times import midnight
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import read_moment
from jackfield.sandbox.iterable.wire.routing import get
from jackfield.sandbox.iterable.work import exports, profiles, tracking
from jackfield.sandbox.iterable.work.profiles import Identity
from jackfield.sandbox.replies import CSV, NDJSON, Stream


class Export(Struct, rename="camel"):
    data_type_name: str
    range: Literal["Today", "Yesterday", "BeforeToday", "All"] = "Today"
    delimiter: str = ","
    start_date_time: str | None = None
    end_date_time: str | None = None
    omit_fields: str = ""
    only_fields: tuple[str, ...] = ()
    campaign_id: int | None = None


class UserEvents(Struct, rename="camel"):
    email: str | None = None
    user_id: str | None = None
    include_custom_events: bool = False


def export_json(call: Call, query: Export) -> Stream:
    selection = _select(call.project, query)
    return Stream(exports.ndjson(exports.rows(call.project, selection)), NDJSON)


def export_csv(call: Call, query: Export) -> Stream:
    check_delimiter(query.delimiter)
    selection = _select(call.project, query)
    lines = exports.csv(lambda: exports.rows(call.project, selection), query.delimiter)
    return Stream(lines, CSV)


def export_user_events(call: Call, query: UserEvents) -> Stream:
    user = profiles.require(call.project, Identity(query.email, query.user_id))
    chosen: list[Json] = [
        show(event)
        for event in call.project.events.of_user(user)
        if query.include_custom_events or event.kind != tracking.CUSTOM
    ]
    return Stream(exports.ndjson(chosen), NDJSON)


def check_data_type(name: str) -> None:
    if name not in exports.DATA_TYPES:
        msg = f"Invalid dataTypeName: {name}"
        raise bad_params(msg)


def check_delimiter(delimiter: str) -> None:
    if len(delimiter) != 1:
        msg = "The delimiter must be one character"
        raise bad_params(msg)


def names_in(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _select(project: Project, query: Export) -> Selection:
    check_data_type(query.data_type_name)
    start = read_moment("startDateTime", query.start_date_time)
    end = read_moment("endDateTime", query.end_date_time)
    if start is None and end is None:
        today, day = midnight(project.now), timedelta(days=1)
        start, end = {
            "Today": (today, None),
            "Yesterday": (today - day, today),
            "BeforeToday": (None, today),
            "All": (None, None),
        }[query.range]
    return Selection(
        query.data_type_name,
        start,
        end,
        query.campaign_id,
        names_in(",".join(query.only_fields)),
        names_in(query.omit_fields),
    )


ROUTES: Final = (
    get("/api/export/data.csv", export_csv, per_minute(4)),
    get("/api/export/data.json", export_json, per_minute(4)),
    get("/api/export/userEvents", export_user_events),
)
