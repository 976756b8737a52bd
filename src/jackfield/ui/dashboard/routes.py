"""`/dashboard`: the Accounts page."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from jackfield.accounts import service as accounts
from jackfield.accounts.models import (
    Account,
    AccountFilter,
    AccountPage,
    AccountStatus,
)
from jackfield.accounts.permissions.models import ActionPermission, Permissions, Verdict
from jackfield.accounts.permissions.service import probe_permissions, read_permissions
from jackfield.accounts.repo import Accounts
from jackfield.accounts.revocation import service as revocation
from jackfield.connect import sessions as connect
from jackfield.connect.models import SessionTerms
from jackfield.connect.sign_in.exchange import redirect_uri
from jackfield.kit.errors import HubError
from jackfield.projects.models import Project
from jackfield.ui.dashboard.pages import (
    AccountsPage,
    Layout,
    LinkedAccountPage,
    LinkPage,
    ProblemPage,
)
from jackfield.ui.dashboard.sign_in import actor_of
from jackfield.ui.posted_form import read_form
from jackfield.ui.rendering import base_path, hub_of, page

_PAGE_SIZE: Final = 25
_LINK_SECONDS: Final = 5 * 24 * 3600


async def list_accounts(request: Request, project: Project) -> Response:
    hub = hub_of(request)
    number = _number(request.query_params.get("page"))
    only = {
        name: request.query_params.get(name, "").strip() for name in ("owner", "provider", "status")
    }
    account_filter = AccountFilter(
        # As it was typed, too: the blanks around an id may be its own.
        origin_owner_ids=(only["owner"], request.query_params["owner"]) if only["owner"] else (),
        providers=(only["provider"],) if only["provider"] else (),
        statuses=(only["status"],) if only["status"] else (),
    )
    async with hub.db.read(project.id) as tx:
        rows = await Accounts(tx).page(AccountPage(number, _PAGE_SIZE, account_filter))
        # The first row of the next page, as a page of one row.
        more = await Accounts(tx).page(AccountPage(number * _PAGE_SIZE + 1, 1, account_filter))
    chosen = {name: value for name, value in only.items() if value}
    return page(
        request,
        AccountsPage(
            layout=Layout.of(request, project),
            accounts=rows,
            only=only,
            statuses=tuple(AccountStatus),
            revocation=request.query_params.get("revocation", ""),
            earlier=urlencode({**chosen, "page": number - 1}) if number > 1 else None,
            later=urlencode({**chosen, "page": number + 1}) if more else None,
        ),
    )


async def show_account(request: Request, project: Project) -> Response:
    async with hub_of(request).db.read(project.id) as tx:
        try:
            account = await Accounts(tx).get(request.path_params["account_id"])
        except HubError as missing:
            return _missing(request, project, missing)
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
    except HubError as refused:
        return _missing(request, project, refused)
    where = f"/accounts/{quote(account_id)}"
    where += "#permissions" if verb == "probe" else ""
    return RedirectResponse(f"{base_path(hub)}/dashboard{where}", 303)


async def new_link(request: Request, project: Project) -> Response:
    return _link_page(request, project)


async def make_link(request: Request, project: Project) -> Response:
    """Open a connect session with the terms of the form, and show its auth link."""
    hub = hub_of(request)
    typed = (await read_form(request)).fields()
    owner_id = typed.get("owner_id", "")
    if not owner_id:
        return _link_page(request, project, typed=typed, problem="Say whose account it will be.")
    terms = SessionTerms(
        origin_owner_id=owner_id,
        origin_owner_name=typed.get("owner_name") or owner_id,
        provider=typed.get("provider") or None,
    )
    try:
        issued = await connect.open_session(
            hub, project.id, actor_of(request), terms, seconds=_LINK_SECONDS
        )
    except HubError as refused:
        return _link_page(request, project, typed=typed, problem=refused.detail)
    link = connect.auth_link(hub.public_url, issued.token)
    return _link_page(request, project, typed=typed, link=link)


_CHANGES: Final[Mapping[str, Callable[..., Awaitable[Account]]]] = {
    "suspend": accounts.suspend,
    "resume": accounts.resume,
}


async def _reconnect_page(request: Request, project: Project, account_id: str) -> Response:
    """Show an account with a link to link it again."""
    hub = hub_of(request)
    issued = await connect.open_reconnect(
        hub, project.id, actor_of(request), account_id, seconds=_LINK_SECONDS
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
    try:
        permissions = await read_permissions(hub, project.id, account.id)
    except HubError:
        # Its connector or auth method no longer exists.
        permissions = None
    return page(
        request,
        LinkedAccountPage(
            layout=Layout.of(request, project),
            account=account,
            details=method.labeled(values) if method else tuple(values.items()),
            checked=checked,
            link=link,
            permissions=permissions if permissions and permissions.can_be_probed else None,
            groups=_groups(permissions) if permissions else {},
            verdicts=tuple(Verdict),
        ),
    )


def _groups(permissions: Permissions) -> dict[str, list[ActionPermission]]:
    """Return the actions by their first tag."""
    groups: dict[str, list[ActionPermission]] = {}
    for permission in permissions.actions:
        groups.setdefault(next(iter(permission.action.tags), "other"), []).append(permission)
    return groups


def _link_page(
    request: Request,
    project: Project,
    *,
    typed: Mapping[str, str] | None = None,
    problem: str | None = None,
    link: str | None = None,
) -> Response:
    hub = hub_of(request)
    redirecting = [
        each
        for each in hub.catalog.connectors()
        if any(method.redirects for method in each.auth_methods)
    ]
    return page(
        request,
        LinkPage(
            layout=Layout.of(request, project),
            typed=typed or {},
            problem=problem,
            link=link,
            redirect_uris={each.key: redirect_uri(hub, each) for each in redirecting},
        ),
        status=422 if problem else 200,
    )


def _missing(request: Request, project: Project, error: HubError) -> Response:
    return page(
        request,
        ProblemPage(layout=Layout.of(request, project), problem=error.detail),
        status=error.status,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and 0 < int(text) <= 1_000_000 else 1  # noqa: PLR2004
