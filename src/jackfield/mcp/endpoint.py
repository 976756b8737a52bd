"""What a client's address and headers say: whose accounts, and how tools are to look."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from jackfield.accounts.models import Account
from jackfield.actions.holding import Held, hold
from jackfield.kit.errors import Conflict, Fault, InvalidRequest
from jackfield.kit.ids import ProjectId
from jackfield.mcp.styles import ParamStyle
from jackfield.projects import service as projects
from jackfield.runtime import Hub

_ACCOUNT: Final = "x-account-id"
_END_USER: Final = "x-end-user-id"
_MOST_ACCOUNTS: Final = 50
_E = TypeVar("_E", bound=StrEnum)


class ToolMode(StrEnum):
    INDIVIDUAL = "individual"
    SEARCH_EXECUTE = "search_execute"


class AccountsMissing(InvalidRequest):
    """Missing x-account-id header or query parameter in request."""

    code = "accounts_missing"
    status = 400


class EndUserMissing(InvalidRequest):
    """This account is one person's: the header x-end-user-id must be its origin_username."""

    code = "end_user_missing"
    status = 400


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One client's view of a project: the tools of some accounts.

    `held` can be used now; `unusable` were named as well, each with why it cannot be.
    """

    project_id: ProjectId
    held: tuple[Held, ...]
    unusable: Mapping[str, Conflict]
    style: ParamStyle
    mode: ToolMode
    is_dry_run: bool
    takes_feedback: bool

    @property
    def accounts(self) -> tuple[Account, ...]:
        return tuple(each.account for each in self.held)

    def allows(self, action_id: str, *, provider: str) -> bool:
        """Tell whether any of the provider's accounts may run an action."""
        return any(
            each.allows(action_id) for each in self.held if each.account.provider == provider
        )


async def resolve(
    hub: Hub, project_id: ProjectId, *, headers: Headers, query_string: bytes
) -> Endpoint:
    """
    Find out what a request is about.

    Raises:
        AccountsMissing: it names no account.
        AccountNotFound: it names one that the project does not have.
        Conflict: it names none that can be used now.
        EndUserMissing: an account is one person's, and the request is not known to be theirs.
        InvalidRequest: a parameter has a value we do not know.
    """
    query = dict(parse_qsl(query_string.decode("latin-1")))
    named = headers.get(_ACCOUNT) or query.get(_ACCOUNT) or query.get("account_id") or ""
    ids = tuple(dict.fromkeys(part.strip() for part in named.split(",") if part.strip()))
    if not ids:
        raise AccountsMissing
    if len(ids) > _MOST_ACCOUNTS:
        msg = f"an endpoint serves at most {_MOST_ACCOUNTS} accounts"
        raise InvalidRequest(msg)
    held: list[Held] = []
    unusable: dict[str, Conflict] = {}
    for account_id in ids:
        try:
            held.append(await hold(hub, project_id, account_id))
        except Conflict as why:
            unusable[account_id] = why
    if not held:
        raise next(iter(unusable.values()))
    end_user = headers.get(_END_USER)
    for each in held:
        if not each.account.shared and each.account.origin_username not in (None, end_user):
            raise EndUserMissing(account_id=each.account.id)
    return Endpoint(
        project_id=project_id,
        held=tuple(held),
        unusable=unusable,
        style=_choice("param-style", query, ParamStyle.NESTED),
        mode=_choice("tool-mode", query, ToolMode.INDIVIDUAL),
        takes_feedback=(await projects.project_settings(hub, project_id)).tool_feedback,
        is_dry_run=query.get("dry-run", "") in ("1", "true"),
    )


def _choice(name: str, query: Mapping[str, str], default: _E) -> _E:
    given = query.get(name)
    if not given:
        return default
    try:
        return type(default)(given)
    except ValueError:
        known = ", ".join(type(default))
        msg = f"query.{name}: expected one of {known}"
        raise InvalidRequest(
            msg, faults=[Fault(f"query.{name}", f"must be one of {known}")]
        ) from None
