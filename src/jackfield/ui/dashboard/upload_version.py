"""`/dashboard/connectors/upload/{key}/{version_id}`: faults, trial and publication of a version."""

import asyncio
import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import parse_qsl, quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.projects.models import Project
from jackfield.ui.dashboard import actors
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import read_bounded, read_form
from jackfield.ui.rendering import base_path, hub_of, page
from jackfield.uploads import service as uploads
from jackfield.uploads.bundle import CASES, MOST_BYTES, MOST_FILES, from_files
from jackfield.uploads.models import ConnectorVersion, VersionState
from jackfield.uploads.repo import Uploads
from jackfield.uploads.service import Draft, Preview
from jackfield.uploads.trial import CaseResult, try_cases

# As much as a form makes of text in which every character is escaped.
_MOST_BODY: Final = 3 * MOST_BYTES
_TEXT: Final = "text:"
_MOST_SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class FaultyFile:
    """A file that can be mended on the page, with its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadVersionPage:
    template: ClassVar[str] = "dashboard/upload_version.html"

    layout: Layout
    draft: Draft
    preview: Preview | None
    versions: tuple[ConnectorVersion, ...]
    running: ConnectorVersion | None
    # Who uploaded and published, by the text that is kept of them.
    people: Mapping[str, str]
    cases: int
    faulty: tuple[FaultyFile, ...]
    most_shown: int = _MOST_SHOWN
    # How the cases ended, once they were run.
    results: tuple[CaseResult, ...] | None = None
    failed: int = 0
    problem: str = ""


async def show_connector(request: Request, project: Project) -> Response:
    """Lead to the draft of a connector, or else to the version that runs."""
    hub, key = hub_of(request), request.path_params["key"]
    try:
        async with hub.db.read(project.id) as tx:
            versions = await Uploads(tx).versions(key)
    except HubError as missing:
        return refused(request, project, missing)
    states = [VersionState.DRAFT, VersionState.PUBLISHED, VersionState.RETIRED]
    found = sorted(versions, key=lambda each: states.index(each.state))
    return _to(request, key, found[0].id) if found else _to(request)


async def show_version(request: Request, project: Project) -> Response:
    try:
        draft = await _draft(request, project)
    except HubError as missing:
        return refused(request, project, missing)
    return await _page(request, project, draft)


async def download_version(request: Request, project: Project) -> Response:
    """Return the files of a version as a zip."""
    try:
        draft = await _draft(request, project)
    except HubError as missing:
        return refused(request, project, missing)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in draft.bundle.files.items():
            archive.writestr(name, content)
    name = f"{draft.version.key}-{draft.version.version or 'draft'}.zip"
    return Response(
        packed.getvalue(),
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
        media_type="application/zip",
    )


async def change_version(request: Request, project: Project) -> Response:
    """Publish a version, run its cases, mend its files; discard the draft, or the connector."""
    hub, actor = hub_of(request), actor_of(request)
    key, version_id = request.path_params["key"], request.path_params["version_id"]
    try:
        match request.path_params["verb"]:
            case "publish":
                over = (await read_form(request)).fields().get("over", "")
                await uploads.publish(hub, project.id, actor, key, version_id, over=over)
            case "cases":
                return await _try(request, project)
            case "mend":
                version_id = (await _mend(request, project)).version.id
            case "discard":
                await uploads.discard(hub, project.id, actor, key)
                return _to(request)
            case "withdraw":
                await uploads.withdraw(hub, project.id, actor, key)
                return _to(request)
            case _:
                raise HTTPException(404)
    except HubError as error:
        try:
            draft = await _draft(request, project)
        except HubError:
            return refused(request, project, error)
        return await _page(request, project, draft, problem=error.detail, status=error.status)
    return _to(request, key, version_id)


async def _try(request: Request, project: Project) -> Response:
    draft = await _draft(request, project)
    connector = draft.inspection.connector
    results = None if connector is None else await try_cases(connector, draft.bundle)
    return await _page(request, project, draft, results=results)


async def _mend(request: Request, project: Project) -> Draft:
    """Keep the draft with the texts that were typed in place of those of its files."""
    hub, before = hub_of(request), await _draft(request, project)
    content = await read_bounded(request, most=_MOST_BODY)
    try:
        pairs = parse_qsl(content.decode(), max_num_fields=MOST_FILES, keep_blank_values=True)
    except ValueError as error:
        raise HTTPException(400) from error
    typed = {
        # A form ends its lines otherwise than files do.
        name.removeprefix(_TEXT): value.replace("\r\n", "\n").encode()
        for name, value in pairs
        if name.startswith(_TEXT)
    }
    files = {
        **before.bundle.files,
        **{n: text for n, text in typed.items() if n in before.bundle.files},
    }
    bundle = await asyncio.to_thread(from_files, files.items())
    key = before.version.key
    return await uploads.upload(hub, project.id, actor_of(request), bundle, key=key)


async def _draft(request: Request, project: Project) -> Draft:
    key, version_id = request.path_params["key"], request.path_params["version_id"]
    return await uploads.look_at(hub_of(request), project.id, key, version_id)


async def _page(
    request: Request,
    project: Project,
    draft: Draft,
    *,
    results: tuple[CaseResult, ...] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    hub = hub_of(request)
    is_running = draft.version.state == VersionState.PUBLISHED
    preview = None if is_running else await uploads.preview(hub, project.id, draft)
    async with hub.db.read(project.id) as tx:
        versions = await Uploads(tx).versions(draft.version.key)
        names = await actors.key_names(tx)
    texts = {text for each in versions for text in (each.uploaded_by, each.published_by) if text}
    faulty = dict.fromkeys(str(each.diagnostic.file) for each in draft.inspection.findings)
    files = draft.bundle.files
    return page(
        request,
        UploadVersionPage(
            layout=Layout.of(request, project),
            draft=draft,
            preview=preview,
            versions=tuple(versions),
            people={text: actors.described_text(text, names) for text in texts},
            running=next((v for v in versions if v.state == VersionState.PUBLISHED), None),
            cases=sum(name.startswith(CASES) for name in files),
            faulty=tuple(
                FaultyFile(name, files[name].decode("utf-8-sig", "replace"))
                for name in faulty
                if name in files
            ),
            results=results,
            failed=sum(not each.passed for each in results or ()),
            problem=problem,
        ),
        status=status,
    )


def _to(request: Request, *parts: str) -> Response:
    """Lead to the page of a version, or to that of all uploads."""
    place = "/".join(["/dashboard/connectors/upload", *map(quote, parts)])
    return RedirectResponse(base_path(hub_of(request)) + place, 303)
