"""The alarm that is raised when a decoy is used."""

from datetime import timedelta
from typing import Final

import structlog
from msgspec import structs

from jackfield.accounts.decoys.models import Touch
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.models import Account
from jackfield.accounts.repo import Accounts
from jackfield.accounts.status import payload_of
from jackfield.audit.models import AuditKind
from jackfield.audit.service import record
from jackfield.db.tx import Tx
from jackfield.events.models import EventType
from jackfield.events.repo import Events
from jackfield.kit import request_context, source_address
from jackfield.kit.actor import Actor, ActorKind
from jackfield.kit.ids import ApiKeyId, ProjectId
from jackfield.kit.json import Json
from jackfield.projects import service as projects
from jackfield.projects.models import KeyState
from jackfield.projects.repo import ApiKeys, Projects
from jackfield.projects.settings import Freeze
from jackfield.runtime import Hub

# Of one caller a decoy's uses are counted, and told once in so long.
_QUIET: Final = timedelta(minutes=1)
_KEYS: Final = frozenset({ActorKind.API_KEY, ActorKind.AGENT})

_log = structlog.get_logger()


async def touched(
    hub: Hub,
    project_id: ProjectId,
    actor: Actor,
    account: Account,
    touch: Touch,
    *,
    action: str | None = None,
) -> None:
    """Raise the alarm: a decoy was used. Keys are frozen, if the project wants that."""
    async with hub.db.write(project_id, actor) as tx:
        decoy = await Decoys(tx).find(account.id)
        if decoy is None:
            return
        await Decoys(tx).touch(account.id)
        is_told = decoy.alarmed_at is not None and tx.now - decoy.alarmed_at < _QUIET
        if is_told and decoy.alarmed_by == str(actor):
            return
        await Decoys(tx).note_alarm(account.id, str(actor))
        frozen = await _freeze(tx, actor)
        request = request_context.current()
        told: dict[str, Json] = {
            "touch": touch.value,
            "action": action,
            "actor": {"kind": actor.kind.value, "id": actor.id, "via": actor.via},
            "address": source_address.current(),
            "request_id": None if request is None else request.request_id,
            "frozen_keys": list(frozen),
        }
        current = await Accounts(tx).get(account.id)
        payload = payload_of(tx, EventType.HONEYTOKEN_TOUCHED, current)
        await Events(tx).add([structs.replace(payload, touch=told)])
        await record(tx, AuditKind.HONEYTOKEN_TOUCHED, account.id, details=told)
    _log.warning("honeytoken_touched", account_id=account.id, touch=touch.value, actor=str(actor))


async def _freeze(tx: Tx, actor: Actor) -> list[str]:
    """Disable the API keys that the project's settings say; return their ids."""
    freeze = (await Projects(tx).settings()).honeytoken_freeze
    if freeze is Freeze.NOTHING or (freeze is Freeze.KEY and actor.kind not in _KEYS):
        return []
    active = [each.id for each in await ApiKeys(tx).all() if each.state(tx.now) is KeyState.ACTIVE]
    frozen = [each for each in active if freeze is Freeze.PROJECT or each == actor.id]
    for key_id in frozen:
        await projects.change_key(tx, ApiKeyId(key_id), "disable")
    return [str(each) for each in frozen]
