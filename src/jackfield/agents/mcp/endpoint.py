"""Parameters of an MCP connection, from its URL and headers: accounts and parameter style."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from starlette.datastructures import Headers

from jackfield.agents.accounts import AccountSet, account_ids, select_accounts
from jackfield.agents.param_styles import ParamStyle
from jackfield.kit.actor import Actor
from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.ids import ProjectId
from jackfield.projects import service as projects
from jackfield.runtime import Hub

_ACCOUNT: Final = "x-account-id"
_END_USER: Final = "x-end-user-id"
_E = TypeVar("_E", bound=StrEnum)


class ToolMode(StrEnum):
    INDIVIDUAL = "individual"
    SEARCH_EXECUTE = "search_execute"


class AccountsMissing(InvalidRequest):
    """Missing x-account-id header or query parameter in request."""

    code = "accounts_missing"
    status = 400


@dataclass(frozen=True, slots=True)
class Endpoint(AccountSet):
    """The tools of some accounts, as one client wants to see them."""

    style: ParamStyle
    mode: ToolMode
    is_dry_run: bool
    takes_feedback: bool


async def resolve(
    hub: Hub, project_id: ProjectId, actor: Actor, *, headers: Headers, query_string: bytes
) -> Endpoint:
    """
    Find out what a request is about.

    Raises:
        AccountsMissing: it names no account.
        HubError: as `reach`.
        InvalidRequest: a parameter has a value we do not know.
    """
    query = dict(parse_qsl(query_string.decode("latin-1")))
    ids = account_ids(headers.get(_ACCOUNT) or query.get(_ACCOUNT) or query.get("account_id") or "")
    if not ids:
        raise AccountsMissing
    found = await select_accounts(hub, project_id, actor, ids, end_user=headers.get(_END_USER))
    return Endpoint(
        project_id=project_id,
        actor=actor,
        held=found.held,
        unusable=found.unusable,
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
