"""Parameters of an MCP connection, from its URL and headers: accounts and parameter style."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from jackfield.agents.accounts import AccountSet, account_ids, select_accounts
from jackfield.agents.param_styles import ParamStyle
from jackfield.kit.errors import Fault, InvalidRequest
from jackfield.kit.headers import RequestHeaders
from jackfield.projects import service as projects
from jackfield.projects.models import Caller
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
    """The accounts of a request, with the client's options for their tools."""

    style: ParamStyle
    mode: ToolMode
    is_dry_run: bool
    takes_feedback: bool


async def resolve(
    hub: Hub, caller: Caller, *, headers: RequestHeaders, query_string: bytes
) -> Endpoint:
    """
    Return the accounts and options of a request.

    Raises:
        AccountsMissing: it names no account.
        HubError: as `select_accounts`.
        InvalidRequest: a parameter has an unknown value.
    """
    query = dict(parse_qsl(query_string.decode("latin-1")))
    ids = account_ids(headers.get(_ACCOUNT) or query.get(_ACCOUNT) or query.get("account_id") or "")
    if not ids:
        raise AccountsMissing
    accounts = await select_accounts(hub, caller, "mcp", ids, end_user=headers.get(_END_USER))
    settings = await projects.project_settings(hub, caller.project_id)
    return Endpoint(
        project_id=accounts.project_id,
        actor=accounts.actor,
        usable=accounts.usable,
        unusable=accounts.unusable,
        key=accounts.key,
        style=_choice("param-style", query, ParamStyle.NESTED),
        mode=_choice("tool-mode", query, ToolMode.INDIVIDUAL),
        # A narrowed key has its own tools alone.
        takes_feedback=settings.tool_feedback and accounts.key is None,
        is_dry_run=query.get("dry-run", "") in ("1", "true"),
    )


def _choice(name: str, query: Mapping[str, str], default: _E) -> _E:
    value = query.get(name)
    if not value:
        return default
    try:
        return type(default)(value)
    except ValueError:
        choices, path = ", ".join(type(default)), f"query.{name}"
        msg = f"{path}: expected one of {choices}"
        raise InvalidRequest(msg, faults=[Fault(path, f"must be one of {choices}")]) from None
