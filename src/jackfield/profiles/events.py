"""Events of connector profiles and of connector versions."""

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.payloads import ConnectorPayload, ProfilePayload
from jackfield.events.repo import Events
from jackfield.kit.actor import Actor
from jackfield.kit.ids import ProjectId
from jackfield.profiles.models import Profile
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub


async def announce(tx: Tx, type_: EventType, *profiles: Profile) -> None:
    await Events(tx).add([_profile_payload(tx, type_, profile) for profile in profiles])


async def announce_versions(hub: Hub, project_id: ProjectId, actor: Actor) -> None:
    """Add one event for each connector whose version changed since the last call."""
    loaded = {connector.key: connector.version for connector in hub.catalog.connectors()}
    async with hub.db.read(project_id) as tx:
        seen = await Profiles(tx).seen_versions()
    changed = [key for key in sorted(seen) if loaded.get(key, seen[key]) != seen[key]]
    if not changed:
        return
    async with hub.db.write(project_id, actor) as tx:
        # Several processes notice a change; the one whose update changes a row adds the event.
        news = [
            key
            for key in changed
            if await Profiles(tx).see_version(key, loaded[key]) and seen[key] is not None
        ]
        await Events(tx).add(
            [_connector_payload(tx, key, version=loaded[key], previous=seen[key]) for key in news]
        )
        for key in news:
            await record(
                tx,
                AuditKind.CONNECTOR_UPDATED,
                key,
                before={"version": seen[key]},
                after={"version": loaded[key]},
            )


def _profile_payload(tx: Tx, type_: EventType, profile: Profile) -> ProfilePayload:
    return ProfilePayload(
        project_id=tx.project_id,
        event=type_,
        event_date=tx.now,
        record_type="connector_profile",
        record_id=profile.id,
        connector_profile_id=profile.id,
        provider=profile.connector_key,
        name=profile.name,
        active=profile.active,
        default=profile.is_default,
        environment=profile.environment,
        pinned_version=profile.pinned_version,
        allowed_actions=profile.allowed_actions,
    )


def _connector_payload(tx: Tx, key: str, *, version: str, previous: str | None) -> ConnectorPayload:
    return ConnectorPayload(
        project_id=tx.project_id,
        event=EventType.CONNECTOR_UPDATED,
        event_date=tx.now,
        record_type="connector",
        record_id=key,
        provider=key,
        version=version,
        previous_version=previous,
    )
