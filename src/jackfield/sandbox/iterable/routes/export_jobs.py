"""`/api/export`: jobs that make files."""

from typing import Final, Literal

from msgspec import Struct

from jackfield.kit.json import Json
from jackfield.sandbox.iterable.access.buckets import Scope, per_second
from jackfield.sandbox.iterable.downloads import link_to
from jackfield.sandbox.iterable.envelopes import success
from jackfield.sandbox.iterable.refusals import bad_params, not_found
from jackfield.sandbox.iterable.routes.exports import check_data_type, check_delimiter, names_in
from jackfield.sandbox.iterable.state.jobs import ExportJob, JobState, Selection
from jackfield.sandbox.iterable.state.project import Project
from jackfield.sandbox.iterable.times import iso
from jackfield.sandbox.iterable.wire.call import Call
from jackfield.sandbox.iterable.wire.moments import read_moment
from jackfield.sandbox.iterable.wire.routing import delete, get, post
from jackfield.sandbox.iterable.work import exports

_PAGE: Final = 1000
# States go by another name where they are asked for.
_ALIASES: Final = {"queued": "enqueued", "cancelling": "cancelled"}


class Jobs(Struct, rename="camel"):
    job_state: str | None = None


class NewJob(Struct, rename="camel"):
    data_type_name: str
    output_format: Literal["text/csv", "application/x-json-stream"]
    start_date_time: str | None = None
    end_date_time: str | None = None
    campaign_id: int | None = None
    delimiter: str | None = None
    only_fields: str | None = None
    omit_fields: str | None = None


class Files(Struct, rename="camel"):
    start_after: str = ""


def list_jobs(call: Call, query: Jobs) -> Json:
    wanted = query.job_state and query.job_state.lower()
    if wanted:
        wanted = _ALIASES.get(wanted, wanted)
        if wanted not in set(JobState):
            msg = f"Invalid jobState: {query.job_state}"
            raise bad_params(msg)
    chosen = [job for job in call.project.jobs if not wanted or job.state == wanted]
    return {"jobs": [_show(call.project, job) for job in chosen]}


def start_job(call: Call, body: NewJob) -> Json:
    project = call.project
    check_data_type(body.data_type_name)
    check_delimiter(body.delimiter or ",")
    selection = Selection(
        body.data_type_name,
        read_moment("startDateTime", body.start_date_time),
        read_moment("endDateTime", body.end_date_time),
        body.campaign_id,
        names_in(body.only_fields or ""),
        names_in(body.omit_fields or ""),
    )
    job = project.jobs.make(
        lambda number: ExportJob(
            number, selection, body.output_format, body.delimiter or ",", project.now
        )
    )
    exports.enqueue(project, job)
    return {"jobId": job.id}


def list_files(call: Call, job_id: int, query: Files) -> Json:
    project = call.project
    job = _require(project, job_id)
    names = [name for name in sorted(job.files) if name > query.start_after]
    return {
        "exportTruncated": False,
        "jobId": job.id,
        "jobState": _state(project, job),
        "files": [
            {"file": name, "url": link_to(call.origin, job, name, now=project.now)}
            for name in names[:_PAGE]
        ],
    }


def cancel_job(call: Call, job_id: int) -> Json:
    job = _require(call.project, job_id)
    if job.state.is_final:
        msg = f"Export job {job_id} is {job.state}"
        raise bad_params(msg)
    exports.cancel(call.project, job, call.project.now)
    return success()


def _require(project: Project, number: int) -> ExportJob:
    job = project.jobs.find(number)
    if job is None:
        msg = f"Export job {number} does not exist"
        raise not_found(msg)
    return job


def _state(project: Project, job: ExportJob) -> str:
    return job.state.capitalize() if project.settings.capitalize_job_states else job.state


def _show(project: Project, job: ExportJob) -> Json:
    shown: dict[str, Json] = {
        "id": job.id,
        "dataTypeName": job.selection.data_type,
        "jobState": _state(project, job),
        "scheduledStartTime": iso(job.scheduled_at),
        "bytesExported": job.size,
    }
    if job.ended_at is not None:
        shown["endTime"] = iso(job.ended_at)
    return shown


ROUTES: Final = (
    get("/api/export/jobs", list_jobs),
    post("/api/export/start", start_job, per_second(1, Scope.ORGANIZATION)),
    get("/api/export/{jobId}/files", list_files, per_second(1, Scope.ORGANIZATION)),
    delete("/api/export/{jobId}", cancel_job, per_second(1)),
)
