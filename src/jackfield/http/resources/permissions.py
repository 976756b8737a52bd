"""`/jackfield/accounts/{id}/permissions`: actions that an account's credentials may run."""

from datetime import datetime
from typing import Annotated, Self

from msgspec import Meta, Struct

from jackfield.accounts.models import AccountNotFound, AccountNotUsable
from jackfield.accounts.permissions import service
from jackfield.accounts.permissions.models import ActionPermission, Permissions, Verdict
from jackfield.http.context import ApiContext, api_key
from jackfield.http.routing import Routes
from jackfield.kit.ids import AccountId
from jackfield.projects.models import Scope

api = Routes(api_key, tag="permissions")

_RAISES = (AccountNotFound, AccountNotUsable)


class ActionPermissionOut(Struct, frozen=True):
    action_id: str
    label: str
    effects: tuple[str, ...]
    verdict: Verdict
    detail: Annotated[str, Meta(description="The reason for the verdict, where it is not obvious.")]
    probe: Annotated[
        str | None, Meta(description="The probe of the action; null where the connector has none.")
    ]

    @classmethod
    def of(cls, permission: ActionPermission) -> Self:
        return cls(
            permission.action.id,
            permission.action.label,
            permission.action.effects,
            permission.verdict,
            permission.detail,
            permission.probe,
        )


class PermissionsOut(Struct, frozen=True):
    account_id: AccountId
    probed_at: Annotated[datetime | None, Meta(description="Null until the first probe.")]
    can_be_probed: Annotated[bool, Meta(description="Whether the connector declares probes.")]
    counts: dict[Verdict, int]
    actions: tuple[ActionPermissionOut, ...]

    @classmethod
    def of(cls, permissions: Permissions) -> Self:
        return cls(
            permissions.account.id,
            permissions.probed_at,
            permissions.can_be_probed,
            {verdict: permissions.count(verdict) for verdict in Verdict},
            tuple(map(ActionPermissionOut.of, permissions.actions)),
        )


@api.add(
    "GET",
    "/jackfield/accounts/{account_id}/permissions",
    scope=Scope.ACCOUNTS_READ,
    raises=_RAISES,
)
async def get_permissions(ctx: ApiContext, account_id: str) -> PermissionsOut:
    """Return the last report on what an account's credentials may do, by action."""
    report = await service.read_permissions(ctx.hub, ctx.caller.project_id, account_id)
    return PermissionsOut.of(report)


@api.add(
    "POST",
    "/jackfield/accounts/{account_id}/permissions",
    scope=Scope.ACCOUNTS_WRITE,
    raises=_RAISES,
)
async def probe_permissions(ctx: ApiContext, account_id: str) -> PermissionsOut:
    """
    Probe what an account's credentials may do, by action.

    The requests change nothing at the provider: they are reads, and writes that it refuses as
    invalid.
    """
    report = await service.probe_permissions(ctx.hub, ctx.caller.project_id, ctx.actor, account_id)
    return PermissionsOut.of(report)
