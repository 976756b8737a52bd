"""`/dashboard/accounts/{id}`: one account, and what can be done with it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.accounts import service as accounts
from jackfield.accounts.decoys.repo import Decoys
from jackfield.accounts.disuse.models import UnusedNotice
from jackfield.accounts.disuse.repo import UnusedAccounts
from jackfield.accounts.models import Account
from jackfield.accounts.permissions.models import ActionPermission, Permissions, Verdict
from jackfield.accounts.permissions.service import probe_permissions, read_permissions
from jackfield.accounts.repo import Accounts
from jackfield.accounts.revocation import service as revocation
from jackfield.connect import sessions as connect
from jackfield.kit.errors import HubError
from jackfield.projects.models import Project
from jackfield.ui.dashboard.account_story import AccountStory, story_of
from jackfield.ui.dashboard.layout import Layout, refused
from jackfield.ui.dashboard.link import LINK_SECONDS
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.rendering import base_path, hub_of, page


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAccountPage:
    template: ClassVar[str] = "dashboard/account.html"

    layout: Layout
    account: Account
    # The labels and values of the fields that are not secret.
    details: tuple[tuple[str, str], ...]
    checked: bool
    link: str | None
    # Null if the connector declares no probes.
    permissions: Permissions | None
    groups: Mapping[str, list[ActionPermission]]
    verdicts: tuple[Verdict, ...]
    # How many actions of each effect are allowed, refused and unknown.
    effects: Mapping[str, Mapping[Verdict, int]]
    story: AccountStory
    # Told of as unused: it will be suspended.
    unused: UnusedNotice | None
    # Whether it is one, and the member may know.
    is_decoy: bool


async def show_account(request: Request, project: Project) -> Response:
    async with hub_of(request).db.read(project.id) as tx:
        try:
            account = await Accounts(tx).get(request.path_params["account_id"])
        except HubError as missing:
            return refused(request, project, missing)
    return await _account_page(request, project, account)


async def change_account(request: Request, project: Project) -> Response:
    """Run the action of the posted button on an account."""
    hub, account_id = hub_of(request), request.path_params["account_id"]
    verb, actor = request.path_params["verb"], actor_of(request)
    try:
        if verb == "check":
            checked = await accounts.check(hub, project.id, actor, account_id)
            return await _account_page(request, project, checked, checked=True)
        if verb == "probe":
            await probe_permissions(hub, project.id, actor, account_id)
        if verb == "reconnect":
            return await _reconnect_page(request, project, account_id)
        if verb == "delete":
            _, outcome = await revocation.delete(hub, project.id, actor, account_id)
            return RedirectResponse(
                f"{base_path(hub)}/dashboard?revocation={outcome.result.value}", 303
            )
        if verb == "retire":
            await revocation.suspend_for_good(hub, project.id, actor, account_id)
        change = _CHANGES.get(verb)
        if change is not None:
            async with hub.db.write(project.id, actor) as tx:
                await change(tx, account_id)
    except HubError as error:
        return refused(request, project, error)
    where = f"/accounts/{quote(account_id)}"
    where += "#permissions" if verb == "probe" else ""
    return RedirectResponse(f"{base_path(hub)}/dashboard{where}", 303)


_CHANGES: Final[Mapping[str, Callable[..., Awaitable[Account]]]] = {
    "suspend": accounts.suspend,
    "resume": accounts.resume,
}


async def _reconnect_page(request: Request, project: Project, account_id: str) -> Response:
    """Show an account with a link to link it again."""
    hub = hub_of(request)
    issued = await connect.open_reconnect(
        hub, project.id, actor_of(request), account_id, seconds=LINK_SECONDS
    )
    async with hub.db.read(project.id) as tx:
        account = await Accounts(tx).get(account_id)
    link = connect.auth_link(hub.public_url, issued.token)
    return await _account_page(request, project, account, link=link)


async def _account_page(
    request: Request,
    project: Project,
    account: Account,
    *,
    checked: bool = False,
    link: str | None = None,
) -> Response:
    hub = hub_of(request)
    connector = hub.catalog.find(account.provider)
    method = connector and connector.find_auth_method(account.auth_method)
    values = account.public_values
    async with hub.db.read(project.id) as tx:
        unused = await UnusedAccounts(tx).find(account.id)
        decoy = await Decoys(tx).find(account.id)
    layout = Layout.of(request, project)
    try:
        permissions = await read_permissions(hub, project.id, account.id)
    except HubError:
        # Its connector or auth method no longer exists.
        permissions = None
    return page(
        request,
        LinkedAccountPage(
            layout=layout,
            account=account,
            details=method.labeled(values) if method else tuple(values.items()),
            checked=checked,
            link=link,
            permissions=permissions if permissions and permissions.can_be_probed else None,
            groups=_groups(permissions) if permissions else {},
            verdicts=tuple(Verdict),
            effects=_effects(permissions) if permissions else {},
            unused=unused,
            is_decoy=decoy is not None and not layout.is_viewer,
            story=await story_of(
                hub,
                project,
                account,
                provider=connector.title if connector else account.provider,
                link=link,
            ),
        ),
    )


def _effects(permissions: Permissions) -> dict[str, dict[Verdict, int]]:
    counts: dict[str, dict[Verdict, int]] = {}
    for permission in permissions.actions:
        for effect in permission.action.effects:
            found = counts.setdefault(effect, dict.fromkeys(Verdict, 0))
            found[permission.verdict] += 1
    return counts


def _groups(permissions: Permissions) -> dict[str, list[ActionPermission]]:
    """Return the actions by their first tag."""
    groups: dict[str, list[ActionPermission]] = {}
    for permission in permissions.actions:
        groups.setdefault(next(iter(permission.action.tags), "other"), []).append(permission)
    return groups
