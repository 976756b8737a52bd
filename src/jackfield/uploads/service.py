"""Operations on uploaded connectors: keep a draft, look at it, publish, roll back."""

import re
from dataclasses import dataclass
from typing import Final

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.connectors.changes import Change, compare
from jackfield.connectors.connector import Connector
from jackfield.connectors.diagnostics import InvalidConnector
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Fault
from jackfield.kit.ids import ConnectorVersionId, ProjectId
from jackfield.profiles import service as profiles
from jackfield.profiles.models import Profile, ProfilePage
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub
from jackfield.uploads.aside import run_aside
from jackfield.uploads.bundle import Bundle
from jackfield.uploads.impact import ProfileImpact, impact_of
from jackfield.uploads.inspection import Inspection, inspect, told_key
from jackfield.uploads.models import (
    MOST_CONNECTORS,
    MOST_STORED_BYTES,
    MOST_VERSIONS,
    ConnectorChanged,
    ConnectorInUse,
    ConnectorKeyTaken,
    ConnectorVersion,
    InvalidUpload,
    TooManyUploads,
    VersionState,
)
from jackfield.uploads.publication import load_published
from jackfield.uploads.repo import Uploads, followers, has_accounts

_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MOST_PROFILES: Final = 1000


@dataclass(frozen=True, slots=True)
class Draft:
    """A stored version, its files, and what they come to with the connectors of now."""

    version: ConnectorVersion
    bundle: Bundle
    inspection: Inspection


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a version does; nothing `before` where it is the first."""

    before: Connector | None
    after: Connector
    running_id: str | None
    changes: tuple[Change, ...]
    impact: tuple[ProfileImpact, ...]

    @property
    def breaks(self) -> bool:
        return any(each.weight == "breaks" for each in self.changes)


async def upload(
    hub: Hub, project_id: ProjectId, actor: Actor, bundle: Bundle, *, key: str | None = None
) -> Draft:
    """
    Keep a connector's files as its draft, in place of an earlier draft; nothing runs it.

    Raises:
        InvalidUpload: the key is no key.
        ConnectorKeyTaken: a folder of the hub's, or another project, has the key.
        TooManyUploads: the project has as many as it may have.
    """
    key = key or await run_aside(lambda: told_key(bundle))
    if not _KEY.fullmatch(key):
        msg = f"{key[:64]!r} is no key: lower case letters, digits, '_' and '-', at most 64"
        raise InvalidUpload(faults=[Fault("key", msg)])
    async with hub.db.read(project_id) as tx:
        known = await Uploads(tx).versions(key) if await Uploads(tx).owns(key) else []
    _require_free(hub, key, known)
    inspection = await _inspect(hub, bundle, key, known)
    async with hub.db.write(project_id, actor) as tx:
        uploads = Uploads(tx)
        if not await uploads.claim(key):
            msg = f"another project of this hub has {key!r}; give yours another key"
            raise ConnectorKeyTaken(msg)
        draft = ConnectorVersion(
            id=ConnectorVersionId.new(tx.now),
            key=key,
            version=inspection.version,
            state=VersionState.DRAFT,
            files=len(bundle.files),
            size=bundle.size,
            errors=len(inspection.errors),
            uploaded_by=str(tx.actor),
            uploaded_at=tx.now,
        )
        await uploads.keep_draft(draft, bundle.files)
        told = {"key": key, "version": draft.version, "files": draft.files, "bytes": draft.size}
        await record(tx, AuditKind.CONNECTOR_UPLOADED, str(draft.id), details=told)
        connectors, stored = await uploads.used()
        if connectors > MOST_CONNECTORS or stored > MOST_STORED_BYTES:
            msg = (
                f"a project may have {MOST_CONNECTORS} uploaded connectors, of "
                f"{MOST_STORED_BYTES // 1024**2} MB in all their versions"
            )
            raise TooManyUploads(msg)
    return Draft(draft, bundle, inspection)


async def look_at(hub: Hub, project_id: ProjectId, key: str, version_id: str) -> Draft:
    """
    Return a version with its files, inspected again.

    Raises:
        UploadNotFound: the project has no such version.
    """
    async with hub.db.read(project_id) as tx:
        version = await Uploads(tx).get(key, version_id)
        bundle = Bundle(await Uploads(tx).files(version.id))
        known = await Uploads(tx).versions(key)
    return Draft(version, bundle, await _inspect(hub, bundle, key, known, but=version))


async def preview(hub: Hub, project_id: ProjectId, draft: Draft) -> Preview | None:
    """Return what publishing a version would do; nothing if it cannot be published."""
    after = draft.inspection.connector
    if after is None or not draft.inspection.is_publishable:
        return None
    async with hub.db.read(project_id) as tx:
        running_id = await Uploads(tx).running(draft.version.key)
    if running_id is None:
        return Preview(None, after, None, (), ())
    before = (await look_at(hub, project_id, draft.version.key, running_id)).inspection.connector
    if before is None:
        # A later hub no longer reads it: there is nothing to compare with.
        return Preview(None, after, running_id, (), ())
    changes = await run_aside(lambda: compare(before, after))
    async with hub.db.read(project_id) as tx:
        return Preview(before, after, running_id, changes, await impact_of(tx, before, after))


async def publish(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    key: str,
    version_id: str,
    *,
    over: str | None = None,
) -> ConnectorVersion:
    """
    Let a version run from now on: a draft, or an earlier one, which rolls back.

    `over` is the version that ran when its caller looked at what changes. Calls that run end with
    the version that they began with. Profiles stay on the version that ran if their accounts would
    break or send credentials elsewhere, and so do those of other projects.

    Raises:
        UploadNotFound: the project has no such version.
        InvalidConnector: it has faults.
        ConnectorKeyTaken: a folder of the hub's has the key meanwhile.
        ConnectorChanged: another version was published since.
    """
    # Another process may have published a moment ago.
    await load_published(hub, actor)
    draft = await look_at(hub, project_id, key, version_id)
    if draft.version.state == VersionState.PUBLISHED:
        return draft.version
    seen = await _publishable(hub, project_id, draft)
    if over is not None and over != (seen.running_id or ""):
        raise ConnectorChanged
    if seen.before is not None:
        await _leave_others(hub, project_id, actor, seen.before)
    async with hub.db.write(project_id, actor) as tx:
        uploads = Uploads(tx)
        await uploads.get(key, version_id)
        if await uploads.running(key) != seen.running_id:
            raise ConnectorChanged
        if seen.before is not None:
            # As it is now: an account may have been linked meanwhile.
            for each in await impact_of(tx, seen.before, seen.after):
                if each.must_stay and each.profile.pinned_version is None:
                    await profiles.pin(tx, hub, each.profile.id, seen.before.version)
        await uploads.publish(key, draft.version.id)
        told = {"key": key, "version": draft.version.version, "instead_of": seen.running_id}
        await record(tx, AuditKind.CONNECTOR_PUBLISHED, str(draft.version.id), details=told)
        if surplus := await uploads.surplus(key, most=MOST_VERSIONS):
            await uploads.drop(surplus)
        published = await uploads.get(key, version_id)
    await load_published(hub, actor)
    return published


async def _publishable(hub: Hub, project_id: ProjectId, draft: Draft) -> Preview:
    found = await preview(hub, project_id, draft)
    if found is None:
        raise InvalidConnector(each.diagnostic for each in draft.inspection.errors)
    async with hub.db.read(project_id) as tx:
        _require_free(hub, draft.version.key, await Uploads(tx).versions(draft.version.key))
    return found


def _require_free(hub: Hub, key: str, known: list[ConnectorVersion]) -> None:
    """Raise if a folder has the key, but for one that came with the hub after it was published."""
    runs = any(each.state == VersionState.PUBLISHED for each in known)
    if hub.catalog.is_in_folder(key, beside_first=runs):
        msg = f"the hub has a connector {key!r} in a folder; give yours another key"
        raise ConnectorKeyTaken(msg)


async def discard(hub: Hub, project_id: ProjectId, actor: Actor, key: str) -> bool:
    """
    Delete the draft of a connector, and return whether there was one.

    Raises:
        UploadNotFound: the project has not uploaded this connector.
    """
    async with hub.db.write(project_id, actor) as tx:
        await Uploads(tx).running(key)
        found = await Uploads(tx).drop_draft(key)
        await Uploads(tx).release(key)
        if found:
            told = {"key": key, "is": "draft"}
            await record(tx, AuditKind.CONNECTOR_DELETED, key, details=told)
    return found


async def withdraw(hub: Hub, project_id: ProjectId, actor: Actor, key: str) -> None:
    """
    Delete a connector with all its versions; nobody else can take its key.

    Raises:
        UploadNotFound: the project has not uploaded it.
        ConnectorInUse: accounts of some project are linked by it.
    """
    async with hub.db.read(project_id) as tx:
        await Uploads(tx).running(key)
    if await has_accounts(hub.db, key):
        raise ConnectorInUse
    async with hub.db.write(project_id, actor) as tx:
        await Uploads(tx).withdraw(key)
        await record(tx, AuditKind.CONNECTOR_DELETED, key, details={"key": key})
    await load_published(hub, actor)


async def _leave_others(hub: Hub, project_id: ProjectId, actor: Actor, running: Connector) -> None:
    """Pin the profiles of other projects to what they run on, until they upgrade themselves."""
    for other in await followers(hub.db, running.key):
        if other == project_id:
            continue
        async with hub.db.write(other, actor) as tx:
            for profile in await _unpinned(Profiles(tx), running.key):
                await profiles.pin(tx, hub, profile.id, running.version)


async def _unpinned(rows: Profiles, key: str) -> list[Profile]:
    page = ProfilePage(size=_MOST_PROFILES, connector_key=key)
    return [each for each in await rows.page(page) if each.pinned_version is None]


async def _inspect(
    hub: Hub,
    bundle: Bundle,
    key: str,
    known: list[ConnectorVersion],
    *,
    but: ConnectorVersion | None = None,
) -> Inspection:
    published = {
        each.version
        for each in known
        if each.state != VersionState.DRAFT and (but is None or each.id != but.id)
    }
    others = hub.catalog.connectors()
    # A large connector takes a moment, which would block the event loop.
    signers = hub.catalog.signers
    return await run_aside(
        lambda: inspect(bundle, key=key, published=published, others=others, signers=signers)
    )
