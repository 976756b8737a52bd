"""What can be done with connector profiles."""

from typing import Final

from jackfield.kit.ids import ProfileId, ProjectId
from jackfield.profiles.models import Profile
from jackfield.profiles.repo import Profiles
from jackfield.runtime import Hub

_NOT_OFFERED: Final = "internal"


async def ensure_defaults(hub: Hub, project_id: ProjectId) -> None:
    """
    Give the project a default profile for each connector that needs nothing from the operator.

    A connector that ever had a profile is left alone, so that one that was deleted stays deleted.
    """
    ready = {
        connector.key: method
        for connector in hub.catalog.connectors()
        if connector.release_stage != _NOT_OFFERED
        for method in connector.auth_methods[::-1]
        if method.ready
    }
    async with hub.db.read(project_id) as tx:
        missing = ready.keys() - await Profiles(tx).known_connectors()
    if not missing:
        return
    async with hub.db.write(project_id) as tx:
        for key in sorted(missing):
            method = ready[key]
            profile = Profile(
                id=ProfileId.new(tx.now),
                connector_key=key,
                auth_method=method.key,
                name=f"{hub.catalog.get(key).title} ({method.label})",
                active=True,
                is_default=True,
                created_at=tx.now,
                updated_at=tx.now,
            )
            await Profiles(tx).add(profile)
