"""`/jackfield/connectors`: connectors that a project uploads, publishes and rolls back."""

import asyncio
import binascii
from base64 import b64decode
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from jackfield.connectors.changes import Change
from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.kit.errors import Fault
from jackfield.projects.models import Scope
from jackfield.uploads import service as uploads
from jackfield.uploads.bundle import MOST_FILES, from_files
from jackfield.uploads.impact import ProfileImpact
from jackfield.uploads.inspection import Finding
from jackfield.uploads.models import (
    ConnectorChanged,
    ConnectorInUse,
    ConnectorKeyTaken,
    ConnectorVersion,
    InvalidUpload,
    TooManyUploads,
    UploadNotFound,
)
from jackfield.uploads.repo import Uploads
from jackfield.uploads.service import Draft, Preview
from jackfield.uploads.trial import CaseResult, try_cases

api = Routes(api_key, tag="connectors")


class FileIn(Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[
        str, Meta(max_length=200, description="Without a folder, but for those in `cases/`.")
    ]
    text: str | None = None
    base64: Annotated[str | None, Meta(description="Instead of `text`, for an icon.")] = None


class UploadIn(Struct, frozen=True, forbid_unknown_fields=True):
    files: Annotated[list[FileIn], Meta(min_length=1, max_length=MOST_FILES)]


class PublishIn(Struct, frozen=True, forbid_unknown_fields=True):
    over: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(
            description="The `running_id` that was looked at, empty if none ran: refused with "
            "`connector_changed` if another runs meanwhile.",
        ),
    ] = None


class ConnectorVersionOut(Struct, frozen=True):
    id: str
    key: str
    version: str
    state: str
    files: int
    size: int
    errors: int
    uploaded_by: str
    uploaded_at: datetime
    published_by: str | None
    published_at: datetime | None


class ConnectorVersionsOut(Struct, frozen=True):
    data: tuple[ConnectorVersionOut, ...]


class FindingOut(Struct, frozen=True):
    """`quote` is the line, or the part of it that begins `mark` characters before the place."""

    file: str
    line: int
    column: int
    path: str
    severity: str
    message: str
    quote: str
    mark: int


class ChangeOut(Struct, frozen=True):
    area: str
    subject: str
    message: str
    weight: str


class ProfileImpactOut(Struct, frozen=True):
    """`stays` says that the profile is left on the version that runs; `hosts` are new ones."""

    profile_id: str
    name: str
    accounts: int
    relink: str | None
    hosts: tuple[str, ...]
    lost_actions: tuple[str, ...]
    stays: bool


class InspectedVersionOut(Struct, frozen=True):
    version: ConnectorVersionOut
    publishable: bool
    findings: tuple[FindingOut, ...]
    running_id: str | None
    running_version: str | None
    changes: tuple[ChangeOut, ...]
    profiles: tuple[ProfileImpactOut, ...]


class CaseOut(Struct, frozen=True):
    file: str
    case: str
    passed: bool
    differences: tuple[str, ...]


class CasesOut(Struct, frozen=True):
    data: tuple[CaseOut, ...]
    failed: int


@api.add("GET", "/jackfield/connectors", scope=Scope.CONNECTORS_READ)
async def list_uploaded_connectors(ctx: ApiContext) -> ConnectorVersionsOut:
    """List every version of every connector that the project has uploaded, by key."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        rows = await Uploads(tx).all()
    return ConnectorVersionsOut(tuple(map(_version_out, rows)))


@api.add(
    "GET",
    "/jackfield/connectors/{key}/versions",
    scope=Scope.CONNECTORS_READ,
    raises=(UploadNotFound,),
)
async def list_uploaded_versions(ctx: ApiContext, key: str) -> ConnectorVersionsOut:
    """List the versions of an uploaded connector, the newest first."""
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        rows = await Uploads(tx).versions(key)
    return ConnectorVersionsOut(tuple(map(_version_out, rows)))


@api.add(
    "PUT",
    "/jackfield/connectors/{key}/versions",
    scope=Scope.CONNECTORS_WRITE,
    raises=(InvalidUpload, ConnectorKeyTaken, TooManyUploads),
)
async def upload_connector(ctx: ApiContext, key: str, body: UploadIn) -> InspectedVersionOut:
    """
    Keep a connector's files as its draft, in place of an earlier draft, and say what is wrong.

    A draft never replaces what runs. It is kept also with faults; one without any is `publishable`.
    """
    bundle = await asyncio.to_thread(from_files, _contents(body.files))
    draft = await uploads.upload(ctx.hub, ctx.caller.project_id, ctx.actor, bundle, key=key)
    return await _inspected(ctx, draft)


@api.add(
    "GET",
    "/jackfield/connectors/{key}/versions/{version_id}",
    scope=Scope.CONNECTORS_READ,
    raises=(UploadNotFound,),
)
async def inspect_uploaded_version(
    ctx: ApiContext, key: str, version_id: str
) -> InspectedVersionOut:
    """Return what is wrong with a version, and what publishing it would change."""
    draft = await uploads.look_at(ctx.hub, ctx.caller.project_id, key, version_id)
    return await _inspected(ctx, draft)


@api.add(
    "POST",
    "/jackfield/connectors/{key}/versions/{version_id}/cases",
    scope=Scope.CONNECTORS_WRITE,
    raises=(UploadNotFound, InvalidUpload, InvalidConnector),
)
async def run_uploaded_cases(ctx: ApiContext, key: str, version_id: str) -> CasesOut:
    """Run the cases of a version, without a network."""
    draft = await uploads.look_at(ctx.hub, ctx.caller.project_id, key, version_id)
    connector = draft.inspection.connector
    if connector is None:
        raise InvalidConnector(each.diagnostic for each in draft.inspection.errors)
    results = await try_cases(connector, draft.bundle)
    return CasesOut(tuple(map(_case_out, results)), sum(not each.passed for each in results))


@api.add(
    "POST",
    "/jackfield/connectors/{key}/versions/{version_id}/publish",
    scope=Scope.CONNECTORS_WRITE,
    raises=(UploadNotFound, InvalidConnector, ConnectorKeyTaken, ConnectorChanged),
)
async def publish_connector(
    ctx: ApiContext, key: str, version_id: str, body: PublishIn
) -> ConnectorVersionOut:
    """
    Let a version run from now on: a draft, or an earlier version, which rolls back.

    Calls that run end with the version that they began with. Profiles are pinned to the version that
    ran before if their accounts would have to be linked again or their credentials would go to a
    new host, and so are those of other projects.
    """
    version = await uploads.publish(
        ctx.hub, ctx.caller.project_id, ctx.actor, key, version_id, over=body.over
    )
    return _version_out(version)


@api.add(
    "DELETE",
    "/jackfield/connectors/{key}/draft",
    scope=Scope.CONNECTORS_WRITE,
    status=204,
    raises=(UploadNotFound,),
)
async def discard_connector_draft(ctx: ApiContext, key: str) -> Response:
    """Delete the draft of a connector, if there is one; versions that were published stay."""
    await uploads.discard(ctx.hub, ctx.caller.project_id, ctx.actor, key)
    return Response(status_code=204)


@api.add(
    "DELETE",
    "/jackfield/connectors/{key}",
    scope=Scope.CONNECTORS_WRITE,
    status=204,
    raises=(UploadNotFound, ConnectorInUse),
)
async def withdraw_connector(ctx: ApiContext, key: str) -> Response:
    """Delete an uploaded connector with all its versions, if no account is linked by it."""
    await uploads.withdraw(ctx.hub, ctx.caller.project_id, ctx.actor, key)
    return Response(status_code=204)


def _contents(files: list[FileIn]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for index, each in enumerate(files):
        if (each.text is None) == (each.base64 is None):
            raise InvalidUpload(faults=[Fault(f"files[{index}]", "has either text or base64")])
        try:
            content = b64decode(each.base64, validate=True) if each.base64 is not None else b""
        except (binascii.Error, ValueError):
            raise InvalidUpload(faults=[Fault(f"files[{index}].base64", "is no base64")]) from None
        found.append((each.name, (each.text or "").encode() or content))
    return found


async def _inspected(ctx: ApiContext, draft: Draft) -> InspectedVersionOut:
    found = await uploads.preview(ctx.hub, ctx.caller.project_id, draft)
    running = await _running(ctx, draft.version.key) if found is None else found.running_id
    return InspectedVersionOut(
        version=_version_out(draft.version),
        publishable=draft.inspection.is_publishable,
        findings=tuple(map(_finding_out, draft.inspection.findings)),
        running_id=running,
        running_version=_version_of(found),
        changes=() if found is None else tuple(map(_change_out, found.changes)),
        profiles=() if found is None else tuple(map(_impact_out, found.impact)),
    )


async def _running(ctx: ApiContext, key: str) -> str | None:
    async with ctx.hub.db.read(ctx.caller.project_id) as tx:
        return await Uploads(tx).running(key)


def _version_of(found: Preview | None) -> str | None:
    return None if found is None or found.before is None else found.before.version


def _version_out(version: ConnectorVersion) -> ConnectorVersionOut:
    return ConnectorVersionOut(
        id=version.id,
        key=version.key,
        version=version.version,
        state=version.state,
        files=version.files,
        size=version.size,
        errors=version.errors,
        uploaded_by=version.uploaded_by,
        uploaded_at=version.uploaded_at,
        published_by=version.published_by,
        published_at=version.published_at,
    )


def _finding_out(finding: Finding) -> FindingOut:
    found = finding.diagnostic
    return FindingOut(
        file=str(found.file),
        line=found.line,
        column=found.column,
        path=found.path,
        severity=found.severity.value,
        message=found.message,
        quote=finding.quote,
        mark=finding.mark,
    )


def _change_out(change: Change) -> ChangeOut:
    return ChangeOut(change.area, change.subject, change.message, change.weight)


def _impact_out(impact: ProfileImpact) -> ProfileImpactOut:
    return ProfileImpactOut(
        profile_id=impact.profile.id,
        name=impact.profile.name,
        accounts=impact.accounts,
        relink=impact.relink,
        hosts=impact.hosts,
        lost_actions=impact.lost,
        stays=impact.stays,
    )


def _case_out(result: CaseResult) -> CaseOut:
    return CaseOut(result.file, result.case, result.passed, result.differences)
