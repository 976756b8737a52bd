"""Published connectors in the catalog of a process, as the database has them."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from jackfield.connectors.catalog import Published
from jackfield.connectors.diagnostics import Diagnostic, InvalidConnector
from jackfield.connectors.files import FilesInMemory
from jackfield.connectors.loading.loader import load
from jackfield.connectors.signatures import Signers
from jackfield.kit.actor import Actor
from jackfield.profiles import service as profiles
from jackfield.profiles.events import announce_versions
from jackfield.projects.repo import all_projects
from jackfield.runtime import Hub
from jackfield.uploads.bundle import Bundle
from jackfield.uploads.models import ConnectorVersion
from jackfield.uploads.repo import find_names, find_used, read_versions

_TRIES: Final = 3

_log = structlog.get_logger()


async def follow(hub: Hub) -> bool:
    """Load the versions that are used now, and return whether they are others than before."""
    changed = False
    for _ in range(_TRIES):
        used = await find_used(hub.db)
        loaded = {each.id: each for each in hub.catalog.published}
        if used == {each.id: each.is_running for each in loaded.values()}:
            break
        read = await read_versions(hub.db, used.keys() - loaded.keys())
        new = [await asyncio.to_thread(_load, *each, hub.catalog.signers) for each in read]
        found = {**loaded, **{each.id: each for each in new}}
        running = [_running(found[each], used) for each in used if each in found]
        # Another of this process may have used older ones meanwhile: look again.
        hub.catalog.use_published(running, await find_names(hub.db))
        _log.info("uploaded_connectors_loaded", count=len(running))
        changed = True
    return changed


async def load_published(hub: Hub, actor: Actor) -> bool:
    """Follow what was published, and offer it to the projects."""
    changed = await follow(hub)
    if changed:
        await offer(hub, actor)
    return changed


async def offer(hub: Hub, actor: Actor) -> None:
    """Make the profiles that need nothing from an operator, and tell of new versions."""
    for project in await all_projects(hub.db):
        await profiles.ensure_defaults(hub, project.id, actor)
        await announce_versions(hub, project.id, actor)


def _running(published: Published, used: Mapping[str, bool]) -> Published:
    return replace(published, is_running=used[published.id])


def _load(
    version: ConnectorVersion,
    project_id: str,
    files: Mapping[str, bytes],
    signers: Signers | None,
) -> Published:
    bundle = Bundle(files)
    findings: tuple[Diagnostic, ...]
    try:
        connector = load(bundle.main, files=FilesInMemory(files), signers=signers)
        findings = connector.findings
    except (InvalidConnector, StopIteration) as error:
        # It was valid for the version of the hub that took it.
        connector = None
        findings = getattr(error, "findings", ()) or (
            Diagnostic(Path("connector"), 1, 1, "", "Its files are not in the database."),
        )
    return Published(
        id=version.id,
        key=version.key,
        version=version.version,
        project_id=project_id,
        is_running=False,
        connector=connector,
        # Uploaded files have no folder that would say whose they are.
        findings=tuple(
            replace(each, file=Path(version.key, version.version, each.file)) for each in findings
        ),
    )
