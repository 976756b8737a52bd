"""`/dashboard/connectors/upload`: a project's own connectors, and the form that uploads one."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import ClassVar, Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.kit.errors import HubError
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout
from jackfield.ui.dashboard.sign_in import actor_of, require_same_project
from jackfield.ui.posted_files import PostedFile, read_files
from jackfield.ui.rendering import base_path, hub_of, page
from jackfield.uploads import service as uploads
from jackfield.uploads.bundle import CASES, MOST_BYTES, MOST_FILES, Bundle, from_files, from_zip
from jackfield.uploads.models import ConnectorVersion, InvalidUpload, VersionState
from jackfield.uploads.repo import Uploads

# With what the form puts around the files.
_MOST_BODY: Final = MOST_BYTES + 1024 * 1024
_MOST_FILES: Final = MOST_FILES + 1
_TOO_LARGE: Final = 413


@dataclass(frozen=True, slots=True)
class UploadedConnector:
    """An uploaded connector by its versions, the newest first."""

    key: str
    versions: tuple[ConnectorVersion, ...]

    @property
    def running(self) -> ConnectorVersion | None:
        return self._in(VersionState.PUBLISHED)

    @property
    def draft(self) -> ConnectorVersion | None:
        return self._in(VersionState.DRAFT)

    def _in(self, state: VersionState) -> ConnectorVersion | None:
        return next((each for each in self.versions if each.state == state), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPage:
    template: ClassVar[str] = "dashboard/upload.html"

    layout: Layout
    connectors: tuple[UploadedConnector, ...]
    titles: Mapping[str, str]
    problems: tuple[str, ...] = ()


async def show_uploads(request: Request, project: Project) -> Response:
    return await _page(request, project)


async def upload(request: Request, project: Project) -> Response:
    """Keep what is uploaded as a draft, and go to its page."""
    hub = hub_of(request)
    try:
        posted = await read_files(request, most_files=_MOST_FILES, most_bytes=_MOST_BODY)
        require_same_project(project, [text for name, text in posted.texts if name == "_project"])
        bundle = await asyncio.to_thread(_bundle, posted.files)
        draft = await uploads.upload(hub, project.id, actor_of(request), bundle)
    except HTTPException as refused:
        if refused.status_code != _TOO_LARGE:
            raise
        said = f"The files are larger than {MOST_BYTES // 1024**2} MB."
        return await _page(request, project, (said,), status=_TOO_LARGE)
    except HubError as error:
        said = tuple(f"{each.path} {each.message}" for each in error.faults)
        return await _page(request, project, said or (error.detail,), status=error.status)
    place = f"/dashboard/connectors/upload/{quote(draft.version.key)}/{draft.version.id}"
    return RedirectResponse(f"{base_path(hub)}{place}", 303)


def _bundle(posted: Iterable[PostedFile]) -> Bundle:
    """
    Take a zip, or files of which the form says that some are cases.

    Raises:
        InvalidUpload: they are not those of one connector.
    """
    files = list(posted)
    if not files:
        msg = "choose the files of a connector, or a zip of them"
        raise InvalidUpload(msg)
    if len(files) == 1 and files[0].name.lower().endswith(".zip"):
        return from_zip(files[0].content)
    return from_files(
        (f"{CASES}{each.name}" if each.field == "cases" else each.name, each.content)
        for each in files
    )


async def _page(
    request: Request, project: Project, problems: tuple[str, ...] = (), *, status: int = 200
) -> Response:
    hub = hub_of(request)
    async with hub.db.read(project.id) as tx:
        rows = await Uploads(tx).all()
    found = groupby(rows, key=lambda each: each.key)
    return page(
        request,
        UploadPage(
            layout=Layout.of(request, project),
            connectors=tuple(UploadedConnector(key, tuple(of)) for key, of in found),
            titles={each.key: each.title for each in hub.catalog.connectors()},
            problems=problems,
        ),
        status=status,
    )
