"""Events of connector profiles and of connector versions."""

from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.repo import Events
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json
from jackfield.profiles.models import Profile
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub


async def announce(tx: Tx, type_: EventType, *profiles: Profile) -> None:
    await Events(tx).add(
        type_, [(profile.id, event_payload(tx, type_, profile)) for profile in profiles]
    )


async def announce_versions(hub: Hub, project_id: ProjectId, actor: Actor) -> None:
    """Tell of connectors whose version is another than when this was last asked for, once each."""
    loaded = {connector.key: connector.version for connector in hub.catalog.connectors()}
    async with hub.db.read(project_id) as tx:
        seen = await Profiles(tx).seen_versions()
    changed = [key for key in sorted(seen) if loaded.get(key, seen[key]) != seen[key]]
    if not changed:
        return
    async with hub.db.write(project_id, actor) as tx:
        happened: list[tuple[str, Json]] = []
        for key in changed:
            # Several processes notice it; the one whose change this is tells of it.
            is_ours = await Profiles(tx).see_version(key, loaded[key])
            if is_ours and seen[key] is not None:
                happened.append((key, _version_told(tx, key, seen[key], loaded[key])))
        await Events(tx).add(EventType.CONNECTOR_UPDATED, happened)


def event_payload(tx: Tx, type_: EventType, profile: Profile) -> Json:
    return {
        "project_id": tx.project_id,
        "event": type_,
        "event_date": tx.now,
        "record_type": "connector_profile",
        "record_id": profile.id,
        "connector_profile_id": profile.id,
        "provider": profile.connector_key,
        "name": profile.name,
        "active": profile.active,
        "default": profile.is_default,
        "environment": profile.environment,
        "pinned_version": profile.pinned_version,
        "allowed_actions": profile.allowed_actions,
    }


def _version_told(tx: Tx, key: str, before: str | None, version: str) -> Json:
    return {
        "project_id": tx.project_id,
        "event": EventType.CONNECTOR_UPDATED,
        "event_date": tx.now,
        "record_type": "connector",
        "record_id": key,
        "provider": key,
        "version": version,
        "previous_version": before,
    }
