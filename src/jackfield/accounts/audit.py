"""Entries of the audit log about accounts."""

import hashlib
from collections.abc import Mapping

from jackfield.accounts.models import Account, LinkChange
from jackfield.audit.models import AuditKind, Record
from jackfield.audit.service import draft, record_all
from jackfield.db.tx import Tx
from jackfield.kit.json import Json, encode


async def record_account(
    tx: Tx,
    kind: AuditKind,
    before: Account | None,
    after: Account | None,
    *,
    changes: tuple[LinkChange, ...] = (),
) -> None:
    """Record what was done to an account, as it was and as it is."""
    more: dict[str, Json] = {"changes": list(changes)} if changes else {}
    await record_all(tx, [draft_of(tx, kind, before, after, more)])


def draft_of(
    tx: Tx,
    kind: AuditKind,
    before: Account | None,
    after: Account | None,
    more: Mapping[str, Json],
) -> Record:
    """Return a record of what was done to an account, with `more` details."""
    shown = after or before
    assert shown is not None
    return draft(
        tx,
        kind,
        shown.id,
        before=None if before is None else _shown(before),
        after=None if after is None else _shown(after),
        details={"connector": shown.provider, "customer": shown.origin_owner_id, **more},
    )


def _shown(account: Account) -> Mapping[str, Json]:
    return {
        "profile_id": account.profile_id,
        "auth_method": account.auth_method,
        "environment": account.environment,
        "origin_owner_id": account.origin_owner_id,
        "origin_owner_name": account.origin_owner_name,
        "origin_username": account.origin_username,
        "label": account.label,
        "type": account.type,
        "shared": account.shared,
        "status": account.status,
        "reasons": [each.code for each in account.status_reasons],
        "allowed_actions": account.allowed_actions,
        "generation": account.generation,
        "public_values": account.public_values,
        # Whatever the project keeps there: that it changed is enough.
        "metadata_sha256": hashlib.sha256(encode(account.metadata)).hexdigest()[:16],
    }
