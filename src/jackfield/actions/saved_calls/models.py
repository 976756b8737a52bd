"""Saved calls: an action with inputs, and maybe an account, to be made again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from jackfield.kit.errors import Conflict, InvalidRequest, NotFound
from jackfield.kit.ids import Id
from jackfield.kit.json import Json

LONGEST_NAME: Final = 100
MOST_CALLS: Final = 500
MOST_BYTES: Final = 64 * 1024


class SavedCallId(Id, prefix="call"):
    __slots__ = ()


@dataclass(frozen=True, slots=True)
class CallDraft:
    """A call as it is to be saved; `inputs` are by name."""

    name: str
    action_id: str
    account_id: str | None
    inputs: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class SavedCall:
    """A call that was saved; `created_by` is who did, and `inputs` hold no secret."""

    id: SavedCallId
    name: str
    action_id: str
    account_id: str | None
    inputs: Mapping[str, Json]
    created_by: str
    created_at: datetime
    updated_at: datetime


class SavedCallNotFound(NotFound):
    """The project has no such saved call, or no longer."""

    code = "saved_call_not_found"


class InvalidSavedCall(InvalidRequest):
    """A saved call needs a name of 1 to 100 characters, and inputs of at most 64 KB."""

    code = "invalid_saved_call"


class TooManySavedCalls(Conflict):
    """The project has 500 saved calls already. Delete some that are of no more use."""

    code = "too_many_saved_calls"
