"""Entries of the audit log about connector profiles."""

from collections.abc import Mapping

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.kit.json import Json
from jackfield.profiles.models import Profile


async def record_profile(
    tx: Tx, kind: AuditKind, before: Profile | None, after: Profile | None
) -> None:
    """Record what was done to a profile, as it was and as it is."""
    shown = after or before
    assert shown is not None
    await record(
        tx,
        kind,
        shown.id,
        before=None if before is None else _shown(before),
        after=None if after is None else _shown(after),
        details={"connector": shown.connector_key},
    )


def _shown(profile: Profile) -> Mapping[str, Json]:
    return {
        "name": profile.name,
        "auth_method": profile.auth_method,
        "active": profile.active,
        "default": profile.is_default,
        "environment": profile.environment,
        "setup": profile.setup,
        "generation": profile.generation,
        "allowed_actions": profile.allowed_actions,
        "pinned_version": profile.pinned_version,
    }
