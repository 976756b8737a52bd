"""Outcome of a press in the Explorer, as it is shown: a request, a result or an error."""

import asyncio
from collections.abc import Mapping
from typing import Final

from msgspec import Struct, field

from jackfield.actions.files import service as files
from jackfield.engine.run_context import ActionResult, File
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Fault, HubError, ProviderError, RateLimited
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json, as_list, as_object, encode, indented, is_list
from jackfield.kit.large_json_output import encode_aside
from jackfield.runtime import Hub
from jackfield.ui.dashboard.failure_advice import advice_on

# As much of a result stands in the page; all of it is a download.
MOST_SHOWN: Final = 192 * 1024
_MOST_OF_ANSWER: Final = 8000


class Failure(Struct, frozen=True):
    """An error with what helps; `answer` are the provider's own words."""

    code: str
    status: int
    detail: str
    summary: str
    helps: str
    faults: tuple[Fault, ...] = ()
    retry_after: int | None = None
    provider_status: int | None = None
    answer: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Sent(Struct, frozen=True):
    """A request as it would be sent, redacted."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str


class Outcome(Struct, frozen=True):
    """
    The outcome of a run, a dry run or a check of the inputs.

    `text` is JSON, indented; of a long one the beginning, and `note` says so. `download` leads to
    all of it, or to a file. `cursor` is that of the next page.
    """

    request_id: str = ""
    is_dry_run: bool = False
    requests: tuple[Sent, ...] = ()
    text: str = ""
    size: int = 0
    note: str = ""
    download: str = ""
    file_words: str = ""
    cursor: str | None = None
    warnings: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    failure: Failure | None = None


async def outcome_of(
    hub: Hub, project_id: ProjectId, actor: Actor, result: ActionResult, request_id: str
) -> Outcome:
    """Return the outcome of a run that succeeded."""
    headers = _last_headers(result.extra.get("debug"))
    if result.file is not None:
        return await _file_outcome(hub, project_id, actor, result.file, request_id, headers)
    extra = {name: value for name, value in result.extra.items() if name != "debug"}
    content = {**extra, "data": result.data, "next": result.next}
    encoded = await encode_aside(content)
    text, note, download = "", "", ""
    if len(encoded) <= MOST_SHOWN:
        text = indented(encoded)
    else:
        text, note = await asyncio.to_thread(_beginning, content, encoded)
        name = f"{request_id}.json"
        download = await _link(hub, project_id, actor, File(encoded, "application/json", name))
    return Outcome(
        request_id=request_id,
        text=text,
        size=len(encoded),
        note=note,
        download=download,
        cursor=result.next,
        warnings=result.warnings,
        headers=headers,
    )


def dry_outcome(result: ActionResult) -> Outcome:
    """Return the outcome of a dry run."""
    requests = map(as_object, as_list(as_object(result.data).get("requests")))
    return Outcome(is_dry_run=True, requests=tuple(map(_sent, requests)))


def failed_outcome(error: HubError, request_id: str = "", *, is_dry_run: bool = False) -> Outcome:
    """Return the outcome of what failed."""
    summary, helps = advice_on(error.code)
    answer = error.answer if isinstance(error, ProviderError) else None
    retry_after = error.retry_after if isinstance(error, ProviderError | RateLimited) else None
    raw = None if answer is None else answer.raw
    words = raw if isinstance(raw, str) else "" if raw is None else indented(encode(raw))
    failure = Failure(
        code=error.code,
        status=error.status,
        detail=error.detail,
        summary=summary or error.detail,
        helps=helps,
        faults=error.faults,
        retry_after=None if retry_after is None else max(1, round(retry_after)),
        provider_status=None if answer is None else answer.status,
        answer=words[:_MOST_OF_ANSWER],
        headers={} if answer is None else answer.headers,
    )
    return Outcome(request_id=request_id, is_dry_run=is_dry_run, failure=failure)


async def _file_outcome(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    file: File,
    request_id: str,
    headers: Mapping[str, str],
) -> Outcome:
    words = f"{file.name or 'file'}, {file.content_type}, {size_words(len(file.content))}"
    return Outcome(
        request_id=request_id,
        size=len(file.content),
        file_words=words,
        download=await _link(hub, project_id, actor, file),
        headers=headers,
    )


async def _link(hub: Hub, project_id: ProjectId, actor: Actor, file: File) -> str:
    try:
        return (await files.link(hub, project_id, actor, file)).url
    except HubError:
        # The run was done nevertheless: what there is of it is shown.
        return ""


def _beginning(content: Mapping[str, Json], encoded: bytes) -> tuple[str, str]:
    """Return the first rows of a long result as JSON, or of another its first characters."""
    rows, size = content["data"], len(encoded)
    if is_list(rows):
        room, shown = MOST_SHOWN, 0
        for row in rows:
            room -= len(encode(row))
            if room < 0:
                break
            shown += 1
        if shown:
            beginning = {**content, "data": rows[:shown]}
            if len(text := encode(beginning)) <= 2 * MOST_SHOWN:
                return indented(text), f"The first {shown:,} of {len(rows):,} rows are shown."
    note = f"The first {size_words(MOST_SHOWN)} of {size_words(size)} are shown."
    return encoded[:MOST_SHOWN].decode("utf-8", "ignore"), note


def size_words(size: int) -> str:
    """Return a number of bytes as people read it."""
    if size < 1024:  # noqa: PLR2004 - a kilobyte
        return f"{size} byte{'' if size == 1 else 's'}"
    kilobytes = size / 1024
    return f"{kilobytes:.1f} KB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"  # noqa: PLR2004 - a megabyte


def _sent(request: Mapping[str, Json]) -> Sent:
    body = request.get("body")
    text = "" if body is None else body if isinstance(body, str) else indented(encode(body))
    return Sent(request["method"], request["url"], request["headers"], text)


def _last_headers(debug: Json) -> Mapping[str, str]:
    """Return the telling headers of the provider's last answer."""
    requests = [
        as_object(request)
        for step in as_list(as_object(debug).get("steps"))
        for request in as_list(as_object(step).get("requests"))
    ]
    return as_object(requests[-1].get("headers")) if requests else {}
