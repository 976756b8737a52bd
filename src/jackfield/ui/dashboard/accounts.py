"""`/dashboard`: the Accounts page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from jackfield.accounts.models import Account, AccountFilter, AccountPage, AccountStatus
from jackfield.accounts.repo import Accounts
from jackfield.logs.account_use.models import AccountUse
from jackfield.logs.account_use.repo import use_of
from jackfield.projects.models import Project
from jackfield.ui.dashboard.layout import Layout, page_number
from jackfield.ui.rendering import hub_of, page

_PAGE_SIZE: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsPage:
    template: ClassVar[str] = "dashboard/accounts.html"

    layout: Layout
    accounts: list[Account]
    use: Mapping[str, AccountUse]
    only: Mapping[str, str]
    statuses: tuple[AccountStatus, ...]
    earlier: str | None
    later: str | None
    # What became of the credentials of an account that was just deleted, or empty.
    revocation: str


async def list_accounts(request: Request, project: Project) -> Response:
    hub = hub_of(request)
    number = page_number(request)
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
        use = await use_of(tx, [each.id for each in rows])
        # The first row of the next page, as a page of one row.
        more = await Accounts(tx).page(AccountPage(number * _PAGE_SIZE + 1, 1, account_filter))
    chosen = {name: value for name, value in only.items() if value}
    return page(
        request,
        AccountsPage(
            layout=Layout.of(request, project),
            accounts=rows,
            use=use,
            only=only,
            statuses=tuple(AccountStatus),
            revocation=request.query_params.get("revocation", ""),
            earlier=urlencode({**chosen, "page": number - 1}) if number > 1 else None,
            later=urlencode({**chosen, "page": number + 1}) if more else None,
        ),
    )
