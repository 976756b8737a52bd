"""Operations on saved calls; whatever is secret in their inputs is left out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from jackfield.accounts.access import load_usable, open_credentials
from jackfield.actions.saved_calls.models import (
    LONGEST_NAME,
    MOST_BYTES,
    MOST_CALLS,
    CallDraft,
    InvalidSavedCall,
    SavedCall,
    SavedCallId,
    TooManySavedCalls,
)
from jackfield.actions.saved_calls.repo import SavedCalls
from jackfield.db.tx import Tx
from jackfield.kit.errors import HubError
from jackfield.kit.ids import ProjectId
from jackfield.kit.json import Json, encode, is_list, is_object
from jackfield.kit.redaction import NOTHING
from jackfield.kit.secret_names import MASK
from jackfield.runtime import Hub

_ABSENT: Final = object()


async def without_secrets(
    hub: Hub, project_id: ProjectId, inputs: Mapping[str, Json], *, account_id: str | None
) -> tuple[dict[str, Json], list[str]]:
    """
    Return inputs without what is called a secret, or is one of the account, and the paths of that.

    Of an account that cannot be used, no secret is known but by its name.
    """
    redactor = NOTHING
    if account_id is not None:
        try:
            access = await load_usable(hub, project_id, account_id)
            redactor = open_credentials(hub, access).redactor
        except HubError:
            pass
    left_out: list[str] = []
    kept = _unmasked({**inputs}, redactor.value(inputs), "", left_out)
    return (kept if is_object(kept) else {}), left_out


async def save(tx: Tx, draft: CallDraft) -> SavedCall:
    """
    Save a call.

    Raises:
        InvalidSavedCall: its name or its inputs have the wrong size.
        TooManySavedCalls: the project has as many as it may.
    """
    name = _checked(draft)
    if await SavedCalls(tx).count() >= MOST_CALLS:
        raise TooManySavedCalls
    call = SavedCall(
        id=SavedCallId.new(tx.now),
        name=name,
        action_id=draft.action_id,
        account_id=draft.account_id,
        inputs=draft.inputs,
        created_by=str(tx.actor),
        created_at=tx.now,
        updated_at=tx.now,
    )
    await SavedCalls(tx).add(call)
    return call


async def change(tx: Tx, call_id: str, draft: CallDraft) -> SavedCall:
    """
    Replace a saved call by another of its name.

    Raises:
        SavedCallNotFound: the project has none with this id.
        InvalidSavedCall: its name or its inputs have the wrong size.
    """
    call = await SavedCalls(tx).get(call_id)
    changed = replace(
        call,
        name=_checked(draft),
        action_id=draft.action_id,
        account_id=draft.account_id,
        inputs=draft.inputs,
        updated_at=tx.now,
    )
    await SavedCalls(tx).save(changed)
    return changed


async def rename(tx: Tx, call_id: str, name: str) -> SavedCall:
    """
    Give a saved call another name.

    Raises:
        SavedCallNotFound: the project has none with this id.
        InvalidSavedCall: the name has the wrong size.
    """
    call = await SavedCalls(tx).get(call_id)
    draft = CallDraft(name, call.action_id, call.account_id, call.inputs)
    return await change(tx, call_id, draft)


async def delete(tx: Tx, call_id: str) -> None:
    """
    Delete a saved call.

    Raises:
        SavedCallNotFound: the project has none with this id.
    """
    call = await SavedCalls(tx).get(call_id)
    await SavedCalls(tx).remove(call.id)


def _checked(draft: CallDraft) -> str:
    name = draft.name.strip()
    if not 0 < len(name) <= LONGEST_NAME or len(encode(draft.inputs)) > MOST_BYTES:
        raise InvalidSavedCall
    return name


def _unmasked(value: Json, masked: Json, path: str, left_out: list[str]) -> Json:
    if is_object(value) and is_object(masked) and value.keys() == masked.keys():
        kept = {
            name: _unmasked(inner, masked[name], f"{path}.{name}".removeprefix("."), left_out)
            for name, inner in value.items()
        }
        return {name: inner for name, inner in kept.items() if inner is not _ABSENT}
    if is_list(value) and is_list(masked):
        items = [
            _unmasked(inner, masked[at], f"{path}[{at}]", left_out)
            for at, inner in enumerate(value)
        ]
        return [each for each in items if each is not _ABSENT]
    if value == masked and not (isinstance(value, str) and MASK in value):
        return value
    left_out.append(path)
    return _ABSENT
