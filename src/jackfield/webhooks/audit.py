"""Entries of the audit log about webhook endpoints."""

import hashlib
from collections.abc import Mapping

from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.kit.json import Json
from jackfield.kit.urls import find_origin
from jackfield.webhooks.models import Endpoint


async def record_endpoint(
    tx: Tx, kind: AuditKind, before: Endpoint | None, after: Endpoint | None
) -> None:
    """Record what was done to an endpoint, as it was and as it is."""
    shown = after or before
    assert shown is not None
    await record(
        tx,
        kind,
        shown.id,
        before=None if before is None else _shown(before),
        after=None if after is None else _shown(after),
    )


async def record_replay(
    tx: Tx,
    endpoint_id: str,
    details: Mapping[str, Json],
    *,
    kind: AuditKind = AuditKind.WEBHOOK_REPLAYED,
) -> None:
    """Record that deliveries of an endpoint were begun again, or that this was stopped."""
    await record(tx, kind, endpoint_id, details=details)


def _shown(endpoint: Endpoint) -> Mapping[str, Json]:
    origin = find_origin(endpoint.url)
    return {
        "origin": None if origin is None else str(origin),
        # A path may hold a secret, as with receivers that ask for nothing else.
        "url_sha256": hashlib.sha256(endpoint.url.encode()).hexdigest()[:16],
        "description": endpoint.description,
        "events": endpoint.events,
        "active": endpoint.active,
        "disabled_reason": endpoint.disabled_reason,
    }
