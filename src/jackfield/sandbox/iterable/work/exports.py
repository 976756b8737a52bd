"""Exports: rows of one kind, as NDJSON or CSV, in pieces; and the jobs that make files of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from jackfield.kit.json import Json, encode
from jackfield.sandbox.iterable.state.jobs import ExportJob, JobState, Selection
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.times import epoch_ms, stamp
from jackfield.sandbox.iterable.work import profiles
from jackfield.sandbox.iterable.work.text import csv_line
from jackfield.sandbox.replies import NDJSON

_NAMES: Final = (
    "emailSend emailOpen emailClick hostedUnsubscribeClick emailComplaint emailBounce "
    "emailSendSkip pushSend pushOpen pushUninstall pushBounce pushSendSkip inAppSend "
    "inAppOpen inAppClick inAppClose inAppDelete inAppDelivery inAppSendSkip inAppRecall "
    "inboxSession inboxMessageImpression smsSend smsBounce smsClick smsReceived smsSendSkip "
    "webPushSend webPushClick webPushSendSkip rcsSend rcsSendSkip emailSubscribe "
    "emailUnSubscribe purchase customEvent user smsUsageInfo embeddedSend embeddedSendSkip "
    "embeddedClick embeddedReceived embeddedImpression embeddedSession unknownSession "
    "journeyExit whatsAppBounce whatsAppClick whatsAppReceived whatsAppSeen whatsAppSend "
    "whatsAppSendSkip whatsAppUsageInfo"
)
DATA_TYPES: Final = frozenset(_NAMES.split())
_Row = Mapping[str, Json]
_CHUNK: Final = 65_536
_LARGEST_FILE: Final = 10_000_000
_MOST_AT_ONCE: Final = 4
_RUN: Final = timedelta(seconds=3)


def rows(project: Project, selection: Selection) -> Iterator[_Row]:
    """Yield what was selected, in no promised order."""
    found = _users if selection.data_type == "user" else _events
    for at, row in found(project, selection):
        if selection.start is not None and at < selection.start:
            continue
        if selection.end is not None and at >= selection.end:
            continue
        yield _narrow(row, selection)


def ndjson(found: Iterable[_Row]) -> Iterator[bytes]:
    return _gather(encode(row) + b"\n" for row in found)


def csv(make_rows: Callable[[], Iterable[_Row]], delimiter: str) -> Iterator[bytes]:
    """Yield a header and the lines; rows are gone through twice, as they differ in columns."""
    columns = list(dict.fromkeys(name for row in make_rows() for name in row))
    lines = (csv_line((_cell(row.get(name)) for name in columns), delimiter) for row in make_rows())
    header = csv_line(columns, delimiter)
    return _gather(line.encode() for line in chain([header], lines))


def enqueue(project: Project, job: ExportJob) -> None:
    """Start a job, or have it wait where four are running."""
    running = sum(each.state is JobState.RUNNING for each in project.jobs)
    if running < _MOST_AT_ONCE:
        _run(project, job, project.now)


def cancel(project: Project, job: ExportJob, now: datetime) -> None:
    job.state, job.ended_at = JobState.CANCELLED, now
    _run_next(project, now)


def _run(project: Project, job: ExportJob, now: datetime) -> None:
    job.state = JobState.RUNNING
    project.agenda.add(now + _RUN, lambda moment: _complete(project, job, moment))


def _run_next(project: Project, now: datetime) -> None:
    waiting = next((each for each in project.jobs if each.state is JobState.ENQUEUED), None)
    if waiting is not None:
        _run(project, waiting, now)


def _complete(project: Project, job: ExportJob, now: datetime) -> None:
    if job.state is not JobState.RUNNING:
        return
    is_json = job.content_type == NDJSON
    pieces = (
        ndjson(rows(project, job.selection))
        if is_json
        else csv(lambda: rows(project, job.selection), job.delimiter)
    )
    for number, content in enumerate(_files(pieces)):
        name = f"file-{epoch_ms(now) + number}.{'json' if is_json else 'csv'}"
        job.files[name] = content
        job.size += len(content)
    job.state, job.ended_at = JobState.COMPLETED, now
    _run_next(project, now)


def _files(pieces: Iterable[bytes]) -> Iterator[bytes]:
    file = bytearray()
    for piece in pieces:
        if file and len(file) + len(piece) > _LARGEST_FILE:
            yield bytes(file)
            file.clear()
        file += piece
    yield bytes(file)


def _users(project: Project, _selection: Selection) -> Iterator[tuple[datetime, _Row]]:
    for user in project.users:
        yield user.updated_at, profiles.show(user)["dataFields"]


def _events(project: Project, selection: Selection) -> Iterator[tuple[datetime, _Row]]:
    for event in project.events.of_kind(selection.data_type):
        if selection.campaign_id not in {None, event.values.get("campaignId")}:
            continue
        own: dict[str, Json] = event.values.get("dataFields") or {}
        facts = {name: value for name, value in event.values.items() if name != "dataFields"}
        who = {"email": event.user.email, "userId": event.user.user_id}
        yield event.at, {"createdAt": stamp(event.at), **who, **facts, **own}


def _narrow(row: _Row, selection: Selection) -> _Row:
    if not selection.only_fields and not selection.omit_fields:
        return row
    return {
        name: value
        for name, value in row.items()
        if (not selection.only_fields or name in selection.only_fields)
        and name not in selection.omit_fields
    }


def _gather(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join lines into pieces worth sending."""
    piece = bytearray()
    for line in lines:
        piece += line
        if len(piece) >= _CHUNK:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _cell(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else encode(value).decode()
