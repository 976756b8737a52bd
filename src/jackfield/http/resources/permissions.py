"""`/jackfield/accounts/{id}/permissions`: actions that an account's credentials may run."""

from datetime import datetime
from typing import Annotated, Self

from msgspec import Meta, Struct

from jackfield.accounts.models import AccountNotFound, AccountNotUsable
from jackfield.accounts.permissions import service as permissions
from jackfield.accounts.permissions.models import ActionPermission, Permissions, Verdict
from jackfield.connectors.catalog import ConnectorNotFound
from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.kit.ids import AccountId
from jackfield.projects.models import Scope

api = Routes(api_key, tag="permissions")

_RAISES = (AccountNotFound, AccountNotUsable, ConnectorNotFound)


class ActionPermissionOut(Struct, frozen=True):
    action_id: str
    label: str
    effects: tuple[str, ...]
    verdict: Verdict
    detail: Annotated[str, Meta(description="Why, where that is not plain.")]
    probe: Annotated[
        str | None, Meta(description="The probe that tells; null where the connector has none.")
    ]

    @classmethod
    def of(cls, given: ActionPermission) -> Self:
        return cls(
            given.action.id,
            given.action.label,
            given.action.effects,
            given.verdict,
            given.detail,
            given.probe,
        )


class PermissionsOut(Struct, frozen=True):
    account_id: AccountId
    probed_at: Annotated[
        datetime | None, Meta(description="Null until somebody asked for a probe.")
    ]
    can_be_probed: Annotated[bool, Meta(description="Whether the connector knows how to find out.")]
    counts: dict[Verdict, int]
    actions: tuple[ActionPermissionOut, ...]

    @classmethod
    def of(cls, given: Permissions) -> Self:
        return cls(
            given.account.id,
            given.probed_at,
            given.can_be_probed,
            {verdict: given.count(verdict) for verdict in Verdict},
            tuple(map(ActionPermissionOut.of, given.actions)),
        )


@api.add(
    "GET",
    "/jackfield/accounts/{account_id}/permissions",
    scope=Scope.ACCOUNTS_READ,
    raises=_RAISES,
)
async def get_permissions(ctx: ApiContext, account_id: str) -> PermissionsOut:
    """Say what was last found out about what an account's credentials may do, action by action."""
    found = await permissions.read_permissions(ctx.hub, ctx.caller.project_id, account_id)
    return PermissionsOut.of(found)


@api.add(
    "POST",
    "/jackfield/accounts/{account_id}/permissions",
    scope=Scope.ACCOUNTS_WRITE,
    raises=_RAISES,
)
async def probe_permissions(ctx: ApiContext, account_id: str) -> PermissionsOut:
    """
    Find out what an account's credentials may do, action by action.

    The provider is asked by requests that change nothing: reads, and writes it refuses before
    anything happens.
    """
    found = await permissions.probe_permissions(
        ctx.hub, ctx.caller.project_id, ctx.actor, account_id
    )
    return PermissionsOut.of(found)
